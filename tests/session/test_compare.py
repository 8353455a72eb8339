"""`compare`: files of poses and clips in, a comparison, a video and a report out."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from livepose.analysis.comparison.alignment import align
from livepose.analysis.comparison.difference import measure_difference
from livepose.analysis.comparison.take import make_take
from livepose.core.arrays import FloatArray
from livepose.core.errors import LivePoseError, OptionError, SinkError, SourceError
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.region import Region
from livepose.export import RecordingMetadata, open_exporter
from livepose.export.jsonl_reader import open_pose_file, read_records
from livepose.session.callbacks import RunCallbacks
from livepose.session.compare import compare
from livepose.session.comparison_video import ComparedTake, write_video
from livepose.session.options.compare import Align, AlignBy, CompareOptions, parse_align
from livepose.system.interrupts import Interrupts
from tests.support.clips import read_frames
from tests.support.media import make_changing_clip, make_clip, noise
from tests.support.takes import clock, scene_poses, with_right_knee_turned

SIZE = (160, 120)


def save_poses(
    path: Path, scene: str, change: Callable[[FloatArray], FloatArray] = lambda xy: xy
) -> Path:
    """Write the poses of two seconds of a scene, in a small frame."""
    times = clock(2.0)
    info = StreamInfo("clip.mp4", *SIZE, is_live=False)
    with open_exporter(path, RecordingMetadata(info, "truth")) as exporter:
        for index, poses in enumerate(scene_poses(scene, times, scale=0.25, change=change)):
            frame = Frame.from_bgr(np.zeros((*SIZE[::-1], 3), np.uint8), index, times[index])
            exporter.write(PosedFrame(frame, poses, Region.letterbox(*SIZE), 0.0))
    return path


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `dance.jsonl` and `knee.jsonl`, the same with another right knee."""
    folder = tmp_path_factory.mktemp("saved")
    save_poses(folder / "dance.jsonl", "dance")
    save_poses(folder / "knee.jsonl", "dance", with_right_knee_turned)
    return folder


def test_poses_and_themselves_are_alike(saved: Path) -> None:
    path = saved / "dance.jsonl"
    result = compare(path, path, CompareOptions())
    assert (result.comparison.score, result.comparison.worst) == (100.0, None)
    assert (result.saved, result.errors) == ((), ())


@pytest.mark.parametrize("is_overlay", [False, True])
def test_the_video_shows_both_and_the_report_has_the_table(
    saved: Path, tmp_path: Path, is_overlay: bool
) -> None:
    out, report = tmp_path / "both.mp4", tmp_path / "both.html"
    options = CompareOptions(out=out, report=report, overlay=is_overlay)
    result = compare(saved / "dance.jsonl", saved / "knee.jsonl", options)
    assert result.saved == (report, out)
    frames = list(read_frames(out))
    assert len(frames) == 60
    assert frames[0].shape[1] == (160 if is_overlay else 324)
    assert frames[0].shape[0] > 120
    assert frames[30][:120].max() > 150  # skeletons, on black
    page = report.read_text("utf-8")
    assert "right knee" in page
    assert page.count("<svg viewBox") == 8 + 2
    assert "http" not in page


def test_the_ghost_of_the_same_take_lies_on_the_skeleton(saved: Path, tmp_path: Path) -> None:
    path, out = saved / "dance.jsonl", tmp_path / "over.mp4"
    compare(path, path, CompareOptions(out=out, overlay=True))
    with_ghost = next(read_frames(out))[:120]
    alone = next(read_frames(_painted_alone(path, tmp_path)))[:120, :160]
    is_lit = cv2.dilate((alone.max(axis=2) > 40).astype(np.uint8), np.ones((7, 7))) > 0
    assert (with_ghost.max(axis=2)[~is_lit] < 60).all()


def _painted_alone(path: Path, folder: Path) -> Path:
    compare(path, path, CompareOptions(out=folder / "alone.mp4"))
    return folder / "alone.mp4"


def test_an_alignment_is_a_word_or_two_times() -> None:
    assert parse_align("auto") == Align()
    assert parse_align("event").by is AlignBy.EVENT
    assert parse_align("0:02,3.5") == Align(AlignBy.START, (2.0, 3.5))
    for text in ("0:02", "1,2,3", "soon", "1,x"):
        with pytest.raises(OptionError):
            parse_align(text)


def test_an_alignment_from_given_moments_begins_there(saved: Path) -> None:
    path = saved / "dance.jsonl"
    for wanted, start_s in ((parse_align("0.5,0.5"), 0.5), (parse_align("event"), None)):
        result = compare(path, path, CompareOptions(align=wanted))
        assert result.comparison.score == 100.0
        if start_s is not None:
            assert result.comparison.a_s[0] == pytest.approx(start_s)


def test_nothing_is_done_for_options_without_an_effect(saved: Path, tmp_path: Path) -> None:
    path = saved / "dance.jsonl"
    (tmp_path / "there.html").touch()
    refused: list[tuple[CompareOptions, type[LivePoseError], str]] = [
        (CompareOptions(overlay=True), OptionError, "--overlay has no effect without --out"),
        (CompareOptions(report=tmp_path / "a.png"), OptionError, "must end in .html"),
        (CompareOptions(report=tmp_path / "there.html"), SinkError, "exists"),
        (CompareOptions(out=tmp_path / "a.gif"), OptionError, "gif"),
        (CompareOptions(out=tmp_path / "no" / "a.mp4"), SinkError, "there is no folder"),
    ]
    for options, error, message in refused:
        with pytest.raises(error, match=message):
            compare(path, path, options)
    for take in ("https://example.org/walk.jsonl", "photo.jpg"):
        with pytest.raises(OptionError, match=r"is an address|is a single image"):
            compare(path, Path(take), CompareOptions())
    with pytest.raises(SourceError, match=r"there is no file .*gone\.jsonl"):
        compare(path, tmp_path / "gone.jsonl", CompareOptions())


def test_a_take_in_which_nobody_is_seen_is_refused(saved: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    lines = (saved / "dance.jsonl").read_bytes().splitlines(keepends=True)
    empty.write_bytes(lines[0])
    with pytest.raises(SourceError, match="nobody can be compared in the second take"):
        compare(saved / "dance.jsonl", empty, CompareOptions())


def test_the_angles_that_are_compared_can_be_chosen(saved: Path) -> None:
    path = saved / "dance.jsonl"
    result = compare(path, path, replace(CompareOptions(), angles=("trunk", "left_knee")))
    assert result.comparison.names == ("trunk", "left_knee")


def test_a_clip_that_is_not_there_is_said_before_the_other_one_is_run(
    saved: Path, tmp_path: Path
) -> None:
    begun: list[str] = []
    callbacks = RunCallbacks(on_begin=lambda info, model, has_window: begun.append(info.name))
    clip = make_clip(tmp_path / "clip.mp4")
    with pytest.raises(SourceError, match="there is no file"):
        compare(clip, tmp_path / "gone.mp4", CompareOptions(), callbacks)
    assert begun == []


def test_a_video_of_a_damaged_clip_ends_with_its_last_frame(saved: Path, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "cut.mkv", pts=range(60), painter=noise)
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    pose_file = open_pose_file(saved / "dance.jsonl")
    take = make_take((record.time_s, record.poses) for record in read_records(pose_file))
    compared = ComparedTake(clip, pose_file, take)
    comparison = measure_difference(take, take, align(take, take))
    out = tmp_path / "both.mp4"
    write_video(
        out,
        compared,
        compared,
        comparison,
        is_overlay=False,
        overwrite=False,
        interrupts=Interrupts(),
    )
    assert 20 < len(list(read_frames(out))) < 40


def test_a_clip_that_is_read_again_for_the_video_is_not_reported_on_again(
    saved: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clip = make_changing_clip(tmp_path / "a.mkv", (SIZE, (80, 60), SIZE), codec="libx264")
    pose_file = open_pose_file(saved / "dance.jsonl")
    take = make_take((record.time_s, record.poses) for record in read_records(pose_file))
    compared = ComparedTake(clip, pose_file, take)
    comparison, out = measure_difference(take, take, align(take, take)), tmp_path / "both.mp4"
    with caplog.at_level(logging.INFO, "livepose.sources"):
        write_video(
            *(out, compared, compared, comparison),
            is_overlay=False,
            overwrite=False,
            interrupts=Interrupts(),
        )
        with pytest.raises(SourceError, match="there is no file"):
            compare(clip, tmp_path / "gone.mp4", CompareOptions())
    assert len(list(read_frames(out))) == 30
    assert not caplog.messages, "the run says what there is to say of the clip"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_video_that_cannot_be_written_leaves_the_score_and_the_report(
    saved: Path, tmp_path: Path
) -> None:
    path, out, report = saved / "dance.jsonl", tmp_path / "both.mkv", tmp_path / "both.html"
    out.symlink_to("/dev/full")
    result = compare(path, path, CompareOptions(out=out, report=report, overwrite=True))
    assert (result.comparison.score, result.saved) == (100.0, (report,))
    [error] = result.errors
    assert "both.mkv" in error


def test_a_video_that_is_broken_off_does_not_take_the_place_of_its_target(
    saved: Path, tmp_path: Path
) -> None:
    interrupts = Interrupts()
    interrupts.received = signal.SIGINT
    out = tmp_path / "both.mp4"
    with pytest.raises(KeyboardInterrupt):
        compare(
            saved / "dance.jsonl",
            saved / "dance.jsonl",
            CompareOptions(out=out),
            interrupts=interrupts,
        )
    assert not out.exists()
