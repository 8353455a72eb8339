"""JSON lines: every bit of a run comes back."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import orjson

from livepose.core.angles import Angles
from livepose.core.frame import PosedFrame, StreamInfo, SubjectState
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.export import RecordingMetadata
from livepose.export.jsonl import frame_line
from livepose.export.jsonl_reader import read_jsonl
from tests.support.recordings import NTSC, RECORDING, posed_frame, write_recording


def assert_same(one: Poses, other: Poses) -> None:
    for name in ("xy", "raw_xy", "score", "box", "person_score", "track_id", "swapped"):
        first, second = getattr(one, name), getattr(other, name)
        assert first.dtype == second.dtype and first.shape == second.shape, name
        assert first.tobytes() == second.tobytes(), name


def some_frame(seed: int, people: int) -> PosedFrame:
    """Numbers of all sizes, with all of their bits."""
    rng = np.random.default_rng(seed)

    def numbers(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        bits = rng.integers(0, 2**32, shape, np.uint32).view(np.float32)
        return np.where(np.isfinite(bits), bits, np.float32(-0.0)).astype(np.float32)

    poses = Poses(
        xy=numbers(people, 17, 2),
        raw_xy=numbers(people, 17, 2),
        score=numbers(people, 17),
        box=numbers(people, 4),
        person_score=numbers(people),
        track_id=rng.permutation(1000).astype(np.int32)[:people],
        swapped=rng.random((people, 17)) < 0.3,
    )
    found = Poses.from_keypoints(
        rng.uniform(-50, 2000, (people + 1, 17, 2)).astype(np.float32), numbers(people + 1, 17)
    )
    degrees = numbers(people, 2)
    degrees[::2, 1] = np.nan
    return replace(
        posed_frame(seed),
        poses=poses,
        detections=found,
        angles=Angles(RECORDING.angle_names, degrees) if people else Angles(),
        region=Region(0.1 + 0.2, -1 / 3, 1e-7, 12345.678901234567, seed % 4),
        inference_s=0.1 + 0.7,
        subject_state=list(SubjectState)[seed % 4],
        is_multi_person=bool(seed % 2),
    )


def test_a_run_comes_back_bit_by_bit(tmp_path: Path) -> None:
    frames = [some_frame(seed, people=seed % 4) for seed in range(40)]
    recording, lines = read_jsonl(write_recording(tmp_path / "run.jsonl", *frames))
    assert recording == replace(RECORDING, settings=dict(RECORDING.settings))
    read = list(lines)
    assert len(read) == len(frames)
    for line, frame in zip(read, frames, strict=True):
        posed = line.with_frame(frame.frame)
        assert_same(posed.poses, frame.poses)
        assert_same(posed.detections, frame.detections)
        assert posed.angles.names == frame.angles.names
        np.testing.assert_array_equal(posed.angles.degrees, frame.angles.degrees)
        assert (line.index, line.time_s) == (frame.frame.index, frame.frame.time_s)
        assert (posed.region, posed.inference_s) == (frame.region, frame.inference_s)
        assert (posed.subject_state, posed.is_multi_person) == (
            frame.subject_state,
            frame.is_multi_person,
        )


def test_reading_and_writing_again_gives_the_same_file(tmp_path: Path) -> None:
    frames = [some_frame(seed, people=seed % 3) for seed in range(10)]
    path = write_recording(tmp_path / "run.jsonl", *frames)
    recording, lines = read_jsonl(path)
    again = [line.with_frame(frame.frame) for line, frame in zip(lines, frames, strict=True)]
    copy = write_recording(tmp_path / "copy.jsonl", *again, recording=recording)
    assert copy.read_bytes() == path.read_bytes()


def test_the_first_line_tells_of_the_recording(tmp_path: Path) -> None:
    clip = replace(RECORDING.info, path=Path("/home/me/clips/dance.mp4"), origin_s=0.5)
    path = write_recording(tmp_path / "run.jsonl", recording=replace(RECORDING, info=clip))
    head = orjson.loads(path.read_bytes().splitlines()[0])
    assert head["livepose"] == 1
    assert head["model"] == "lightning on LiteRT"
    assert head["model_sha256"] == "ab" * 32
    assert head["settings"]["smooth"] == "one-euro"
    assert head["keypoints"][:2] == ["nose", "left_eye"]
    assert head["source"]["frame_rate"] == "30000/1001"
    assert head["source"]["path"] == "dance.mp4"
    info = read_jsonl(path)[0].info
    assert (info.frame_rate, info.origin_s, info.frame_count) == (NTSC, 0.5, 4)


def test_a_camera_has_neither_rate_nor_path(tmp_path: Path) -> None:
    info = StreamInfo("camera 0", 640, 480, is_live=True, time_base=Fraction(1, 90_000))
    path = write_recording(tmp_path / "run.jsonl", recording=RecordingMetadata(info, "lightning"))
    assert read_jsonl(path)[0] == RecordingMetadata(info, "lightning")


def test_the_number_in_the_file_and_the_wall_clock_are_read_back(tmp_path: Path) -> None:
    posed = posed_frame(2)
    frame = replace(posed.frame, skipped_frames=480, utc_s=1_790_000_000.25)
    path = write_recording(tmp_path / "run.jsonl", replace(posed, frame=frame))
    (record,) = read_jsonl(path)[1]
    again = record.with_frame(posed.frame).frame
    assert (again.source_frame, again.utc) == (482, "2026-09-21T14:13:20.250Z")


def test_a_line_can_be_read_by_anybody() -> None:
    line = orjson.loads(frame_line(posed_frame(2)))
    assert list(line) == [
        "frame", "source_frame", "time_s", "size", "region", "inference_s", "survey", "following",
        "begins_scene", "people", "found",
    ]  # fmt: skip
    assert line["region"] == [-280.0, -12.5, 1280.0, 1280.0, 3]
    assert line["following"] == "locked"
    person = line["people"][0]
    assert (person["id"], person["score"], len(person["keypoints"])) == (1, 0.75, 17)
    assert person["keypoints"][0] == [100.5, 0.5, 0.9]
    assert person["raw"][0] == [102.0, 2.0]
    assert person["swapped"] == ["left_wrist", "right_wrist"]
    assert person["angles"] == {"left_knee": 91.5, "right_knee": None}
    assert set(line["found"][0]) == {"score", "box", "keypoints"}
    assert b"\n" not in frame_line(posed_frame(2))
