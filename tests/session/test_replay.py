"""Replay: recorded poses for the frames that they were recorded of, and for no others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from livepose.core.errors import SourceError, SourceNotFound
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.region import Region
from livepose.export import RecordingMetadata, open_exporter
from livepose.export.jsonl_reader import RecordPlace, open_pose_file, read_records
from livepose.session.callbacks import RunCallbacks
from livepose.session.options import DataOptions, Options, OutputOptions, SourceOptions
from livepose.session.replay import (
    BlankFrames,
    ReplayEstimator,
    check_source_clip,
    open_recorded_clip,
)
from livepose.session.run import run
from tests.support.media import make_clip, number_of
from tests.support.recordings import NTSC, RECORDING, posed_frame


def write_recording(
    path: Path, numbers: Iterable[int], metadata: RecordingMetadata = RECORDING
) -> Path:
    with open_exporter(path, metadata) as exporter:
        for number in numbers:
            exporter.write(posed_frame(number, ids=(number + 1,)))
    return path


def frame(number: int, time_s: float | None = None) -> Frame:
    time_s = float(number / NTSC) if time_s is None else time_s
    return Frame.from_bgr(np.zeros((720, 1280, 3), np.uint8), number, time_s)


def replayed(estimator: ReplayEstimator, one: Frame) -> PosedFrame:
    return estimator.update(estimator.infer(one, estimator.preprocess(one)))


def damage(path: Path, line_number: int) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[line_number - 1] = b"damaged\n"
    path.write_bytes(b"".join(lines))


# The estimator.


def test_each_frame_gets_the_poses_that_were_recorded_of_it(tmp_path: Path) -> None:
    estimator = ReplayEstimator(open_pose_file(write_recording(tmp_path / "a.jsonl", range(4))))
    assert estimator.metadata.model == RECORDING.model
    for number in range(4):
        wanted, one = posed_frame(number, ids=(number + 1,)), frame(number)
        posed = replayed(estimator, one)
        assert posed.frame.pixels is one.pixels
        assert (posed.frame.index, posed.frame.time_s) == (one.index, one.time_s)
        assert np.array_equal(posed.poses.xy, wanted.poses.xy)
        assert posed.poses.track_id.tolist() == [number + 1]
        assert posed.region == wanted.region
        assert posed.inference_s == pytest.approx(wanted.inference_s)


def test_a_frame_that_was_not_recorded_has_nobody_and_shifts_no_other(tmp_path: Path) -> None:
    estimator = ReplayEstimator(open_pose_file(write_recording(tmp_path / "a.jsonl", (1, 4))))
    results = [replayed(estimator, frame(number)) for number in range(6)]
    assert [posed.poses.track_id.tolist() for posed in results] == [[], [2], [], [], [5], []]
    assert results[0].region == Region.letterbox(1280, 720)


def test_frames_without_a_line_are_reported_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_recording(tmp_path / "a.jsonl", range(3))
    estimator = ReplayEstimator(open_pose_file(path))
    for number in range(6):
        replayed(estimator, frame(number))
    assert [record.getMessage() for record in caplog.records] == [
        f"{path} has no line for frame 3: frames that are missing there get no skeletons"
    ]


def test_records_of_frames_that_were_dropped_are_skipped(tmp_path: Path) -> None:
    estimator = ReplayEstimator(open_pose_file(write_recording(tmp_path / "a.jsonl", range(6))))
    results = [replayed(estimator, frame(number)) for number in (2, 5)]
    assert [posed.poses.track_id.tolist() for posed in results] == [[3], [6]]


def test_one_can_go_back_and_leap_ahead_in_a_recording(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "a.jsonl", range(350))
    recording = open_pose_file(path)
    estimator = ReplayEstimator(recording)
    for number in (0, 349, 348, 120, 121, 5, 250, 0):
        assert replayed(estimator, frame(number)).poses.track_id.tolist() == [number + 1]
    leaps = [replayed(estimator, frame(number)).is_scene_start for number in (1, 2, 9, 200, 8)]
    assert leaps == [False, False, False, True, True], "steps begin anew where time leaps"
    bookmarks: list[RecordPlace] = []
    assert len([*read_records(recording, bookmarks=bookmarks)]) == 350
    assert next(read_records(recording, bookmarks[-1])).index == bookmarks[-1].index > 250


def test_several_frames_may_be_in_flight(tmp_path: Path) -> None:
    recording = open_pose_file(write_recording(tmp_path / "a.jsonl", range(4)))
    estimator = ReplayEstimator(recording, in_flight=3)
    assert estimator.in_flight == 3
    frames = [frame(number) for number in range(3)]
    prepared = [estimator.preprocess(one) for one in frames]
    backwards = [estimator.infer(one, ready) for one, ready in zip(frames, prepared, strict=True)]
    assert [posed.poses.track_id.tolist() for posed in backwards] == [[1], [2], [3]]


def test_a_clip_with_other_times_is_refused(tmp_path: Path) -> None:
    estimator = ReplayEstimator(open_pose_file(write_recording(tmp_path / "a.jsonl", range(4))))
    replayed(estimator, frame(0))
    with pytest.raises(SourceError, match=r"does not belong to this clip: frame 1 is at 0\.0334 s"):
        replayed(estimator, frame(1, time_s=0.04))


def test_a_damaged_line_is_an_error_of_its_own_frame_and_of_none_before(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "a.jsonl", range(4))
    damage(path, line_number=4)
    estimator = ReplayEstimator(open_pose_file(path))
    for number in (0, 1):
        assert len(replayed(estimator, frame(number)).poses) == 1
    with pytest.raises(SourceError, match="line 4"):
        replayed(estimator, frame(2))


def test_steps_are_applied_in_order_and_reset_at_the_start_of_a_scene(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with open_exporter(path, RECORDING) as exporter:
        for number in range(4):
            exporter.write(replace(posed_frame(number), is_scene_start=number in (0, 2)))
    calls: list[str] = []

    class Noted(MotionStep):
        def __init__(self, name: str) -> None:
            self._name = name

        def __call__(self, posed: PosedFrame) -> PosedFrame:
            calls.append(f"{self._name}{posed.frame.index}")
            return posed

        def reset(self) -> None:
            calls.append(f"{self._name} reset")

    estimator = ReplayEstimator(open_pose_file(path), steps=(Noted("a"), Noted("b")))
    for number in range(3):
        replayed(estimator, frame(number))
    resets = ["a reset", "b reset"]
    assert calls == [*resets, "a0", "b0", "a1", "b1", *resets, "a2", "b2"]


def test_a_run_from_saved_poses_has_no_time_of_a_network(tmp_path: Path) -> None:
    saved = open_pose_file(write_recording(tmp_path / "a.jsonl", range(4)))
    begun: list[str] = []
    summary = run(
        Options(
            SourceOptions(video="dance.mp4"),
            OutputOptions(show=False),
            data=DataOptions(save=(tmp_path / "again.jsonl",)),
            poses=saved,
        ),
        RunCallbacks(on_begin=lambda info, model, has_window: begun.append(model)),
    )
    assert begun == ["saved poses of lightning on LiteRT"]
    assert summary.frames == 4
    assert {name: len(samples) for name, samples in summary.stages_s.items()} == {
        "read": 4,
        "inference": 0,
        "draw": 0,
        "write": 0,
    }
    again = next(read_records(open_pose_file(tmp_path / "again.jsonl")))
    assert again.inference_s > 0, "the file keeps what was measured once"


# Sources.


def test_blank_frames_have_the_numbers_times_and_size_of_the_recorded_ones(
    tmp_path: Path,
) -> None:
    with BlankFrames(open_pose_file(write_recording(tmp_path / "a.jsonl", (0, 1, 3)))) as source:
        frames = list(source)
        info = source.info
    assert (info.name, info.width_px, info.height_px) == ("dance.mp4", 1280, 720)
    assert not info.is_live
    assert [one.index for one in frames] == [0, 1, 3]
    assert [one.time_s for one in frames] == [float(n / NTSC) for n in (0, 1, 3)]
    assert all(one.bgr.shape == (720, 1280, 3) and not one.bgr.any() for one in frames)


def test_blank_frames_of_what_was_live_are_not_live(tmp_path: Path) -> None:
    live = replace(RECORDING, info=replace(RECORDING.info, is_live=True))
    source = BlankFrames(open_pose_file(write_recording(tmp_path / "a.jsonl", range(2), live)))
    assert not source.info.is_live


def test_blank_frames_end_at_a_damaged_line_with_an_error(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "a.jsonl", range(4))
    damage(path, line_number=4)
    seen = []
    with pytest.raises(SourceError, match="line 4"), BlankFrames(open_pose_file(path)) as source:
        for one in source:
            seen.append(one.index)
    assert seen == [0, 1]


def recording_of_part(path: Path, *, width_px: int = 160, **settings: float) -> Path:
    info = replace(RECORDING.info, width_px=width_px, height_px=120)
    return write_recording(path, (), replace(RECORDING, info=info, settings=settings))


def test_the_part_of_a_clip_is_opened_that_was_recorded(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", pts=range(30), time_base=Fraction(1, 30))
    whole = recording_of_part(tmp_path / "whole.jsonl")
    part = recording_of_part(tmp_path / "part.jsonl", start_s=0.2, end_s=0.4)
    numbers = {}
    for recording in (whole, part):
        with open_recorded_clip(clip, open_pose_file(recording)) as source:
            numbers[recording.stem] = [number_of(one.bgr) for one in source]
    assert numbers == {"whole": list(range(30)), "part": list(range(6, 12))}


def test_a_clip_of_another_size_is_refused(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", pts=range(3))
    recording = recording_of_part(tmp_path / "a.jsonl", width_px=320)
    with pytest.raises(SourceError, match=r"320 x 120 px, the clip's 160 x 120 px"):
        open_recorded_clip(clip, open_pose_file(recording))


def recording_at(
    path: Path, rate: Fraction, info_rate: Fraction | None = None, frames: int = 20
) -> Path:
    """Write the poses of frames at a rate; the source may say that it has another one."""
    info = replace(RECORDING.info, width_px=160, height_px=120, frame_rate=info_rate or rate)
    with open_exporter(path, replace(RECORDING, info=info)) as exporter:
        for number in range(frames):
            posed = posed_frame(number)
            at = replace(posed.frame, time_s=float(number / rate))
            exporter.write(replace(posed, frame=at))
    return path


def test_a_clip_of_another_rate_is_refused_before_anything_is_done(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", pts=range(17), time_base=Fraction(1, 25))
    recording = open_pose_file(recording_at(tmp_path / "a.jsonl", Fraction(30)))
    with pytest.raises(SourceError) as caught:
        open_recorded_clip(clip, recording)
    assert str(caught.value).startswith(
        f"{recording.path} does not belong to {clip}: its poses were found at 30 frames per "
        "second, and the clip has 25"
    )
    assert not caplog.records


def test_the_same_clip_whose_container_names_another_rate_is_opened(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", pts=range(20), time_base=Fraction(1, 30))
    recording = recording_at(tmp_path / "a.jsonl", Fraction(30), info_rate=Fraction(60))
    with open_recorded_clip(clip, open_pose_file(recording)) as source:
        assert len(list(source)) == 20


def test_the_same_clip_whose_container_rounds_its_times_is_replayed(tmp_path: Path) -> None:
    remux = make_clip(tmp_path / "clip.mkv", pts=range(20), time_base=Fraction(1, 30))
    recording = open_pose_file(recording_at(tmp_path / "a.jsonl", Fraction(30)))
    estimator = ReplayEstimator(recording)
    with open_recorded_clip(remux, recording) as source:
        frames = list(source)
        assert [one.time_s for one in frames[:3]] == [0.0, 0.033, 0.067]
        assert [replayed(estimator, one).poses.track_id.tolist() for one in frames] == [
            posed_frame(number).poses.track_id.tolist() for number in range(20)
        ]


def test_a_clip_of_other_frames_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", pts=range(20), time_base=Fraction(1, 30))
    recording = recording_at(tmp_path / "a.jsonl", Fraction(25), info_rate=Fraction(30))
    with pytest.raises(SourceError) as caught:
        open_recorded_clip(clip, open_pose_file(recording))
    assert str(caught.value) == (
        f"{recording} does not belong to {clip}: frame 1 is at 0.0400 s there, and at 0.0333 s in "
        "the clip"
    )


def test_a_clip_at_2997_frames_per_second_is_not_one_at_30(tmp_path: Path) -> None:
    rate = Fraction(30000, 1001)
    clip = make_clip(tmp_path / "clip.mp4", pts=range(70), time_base=1 / rate, rate=rate)
    recording = recording_at(tmp_path / "a.jsonl", Fraction(30), frames=70)
    with pytest.raises(SourceError, match=r"30 frames per second, and the clip has 29\.97$"):
        open_recorded_clip(clip, open_pose_file(recording))


def test_a_damaged_line_among_the_first_is_left_to_its_own_frame(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", pts=range(20), time_base=Fraction(1, 30))
    recording = recording_at(tmp_path / "a.jsonl", Fraction(30))
    damage(recording, line_number=4)
    open_recorded_clip(clip, open_pose_file(recording)).close()


def test_nothing_is_read_of_standard_input_to_compare_it(tmp_path: Path) -> None:
    recording = open_pose_file(recording_at(tmp_path / "a.jsonl", Fraction(25), Fraction(30)))
    info = recording.metadata.info
    check_source_clip(Path("-"), replace(info, frame_count=None), recording)


@pytest.mark.parametrize(
    ("name", "frames", "settings", "reported"),
    [
        ("other.mp4", 30, {}, 4),
        ("other.mp4", 4, {}, None),  # renamed
        ("dance.mp4", 30, {}, 4),  # the name alone says nothing
        ("other.mp4", 30, {"max_frames": 4, "clip_frames": 30}, None),
        ("other.mp4", 30, {"max_frames": 4, "clip_frames": 12}, 12),
        ("other.mp4", 30, {"max_frames": 4}, None),  # the length of its clip is not known
    ],
)
def test_a_clip_of_another_length_is_reported(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    name: str,
    frames: int,
    settings: dict[str, int],
    reported: int | None,
) -> None:
    clip = make_clip(tmp_path / name, pts=range(frames))
    recording = recording_of_part(tmp_path / "a.jsonl", width_px=160, **settings)
    open_recorded_clip(clip, open_pose_file(recording)).close()
    assert [each.getMessage() for each in caplog.records] == (reported is not None) * [
        f"{recording} may not belong to {clip}: its poses were found in dance.mp4 of {reported} "
        "frames, and the clip has 30"
    ]


def test_a_recording_or_a_clip_that_is_not_there_is_named(tmp_path: Path) -> None:
    recording = recording_of_part(tmp_path / "a.jsonl")
    with pytest.raises(SourceNotFound, match=r"gone\.mp4"):
        open_recorded_clip(tmp_path / "gone.mp4", open_pose_file(recording))
    with pytest.raises(SourceNotFound, match=r"gone\.jsonl"):
        open_pose_file(tmp_path / "gone.jsonl")
