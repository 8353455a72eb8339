"""What is remembered of frames: exact, bounded, and with one id for one person."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livepose.core.frame import Frame, PosedFrame, SubjectState
from livepose.core.overlays import Label, Overlays, Trail
from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion.pose_memory import SpilledPoseMemory
from tests.support.fakes import one_person


def frame_of(index: int) -> Frame:
    return Frame(BgrPixels.black(640, 480), index, index / 30, 0.0)


def posed(index: int, *people: tuple[int, float]) -> PosedFrame:
    """Return a frame with people: the id of each, and where they stand."""
    poses = Poses.concatenate([one_person((x, 200.0)) for _, x in people])
    ids = np.array([track_id for track_id, _ in people], np.int32)
    trail = Trail(keypoint=9, track_id=people[0][0], xy=np.ones((3, 2), np.float32))
    overlays = Overlays(trails=(trail,), labels=(Label("90°", 7, 1.0, 2.0),))
    region = Region.letterbox(640, 480)
    return PosedFrame(
        frame_of(index), replace(poses, track_id=ids), region, 0.01, overlays=overlays
    )


def ids_at(memory: SpilledPoseMemory, index: int) -> list[int]:
    ids: list[int] = memory.recall(frame_of(index)).poses.track_id.tolist()
    return ids


def test_it_knows_when_somebody_comes_and_when_somebody_is_lost() -> None:
    with SpilledPoseMemory() as memory:
        parts = [(5, index) for index in range(60, 90)]  # the end was seen first
        for track_id, index in (*parts, *((1, index) for index in range(61))):
            visitor = [(2, 400.0)] if 20 <= index < 40 else []
            memory.remember(posed(index, (track_id, 100.0), *visitor))
        assert memory.people_changes_s == pytest.approx((20 / 30, 40 / 30))
        memory.forget()
        assert memory.people_changes_s == ()


def test_who_is_found_only_after_a_jump_has_not_just_come() -> None:
    """A person whom the first frames after a jump miss was there before it, too."""
    with SpilledPoseMemory() as memory:
        nobody = Poses.empty()
        for index in (60, 61):
            memory.remember(replace(posed(index, (1, 100.0)), poses=nobody))
        for index in (*range(62, 90), *range(61)):
            memory.remember(posed(index, (1 + (index < 60), 100.0)))
        assert memory.people_changes_s == ()


def test_everything_but_the_pixels_comes_back_also_from_the_file() -> None:
    with SpilledPoseMemory(records_in_memory=3) as memory:
        for index in range(20):
            memory.remember(posed(index, (1, 100.0 + index)))
        for index in (0, 19, 7):
            recalled, known = memory.recall(frame_of(index)), posed(index, (1, 100.0 + index))
            assert np.array_equal(recalled.poses.xy, known.poses.xy)
            assert recalled.frame.index == index
            assert recalled.region == known.region
            assert recalled.overlays.labels == known.overlays.labels
            assert np.array_equal(recalled.overlays.trails[0].xy, known.overlays.trails[0].xy)
        assert 5 in memory
        assert 20 not in memory
        with pytest.raises(KeyError):
            memory.recall(frame_of(20))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of the size of files")
def test_what_the_disk_does_not_take_stays_in_memory(caplog: pytest.LogCaptureFixture) -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with SpilledPoseMemory(records_in_memory=2) as memory:
            for index in range(20):
                memory.remember(posed(index, (1, 100.0 + index)))
            for index in range(20):
                poses = memory.recall(frame_of(index)).poses
                assert np.array_equal(poses.xy, one_person((100.0 + index, 200.0)).xy)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    (warning,) = caplog.messages
    assert "cannot be moved to a temporary file" in warning


def test_without_a_folder_for_temporary_files_all_stays_in_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with SpilledPoseMemory(records_in_memory=2) as memory:
        for index in range(5):
            memory.remember(posed(index, (1, 100.0)))
        assert all(index in memory for index in range(5))
        assert ids_at(memory, 0) == [1]
    assert "No such file" in caplog.text


def test_who_stands_at_one_place_in_one_frame_gets_one_id_from_first_to_last() -> None:
    with SpilledPoseMemory(records_in_memory=2) as memory:
        memory.remember(posed(0, (1, 100.0), (2, 400.0)))
        for index in (5, 6):
            memory.remember(posed(index, (3, 402.0), (4, 101.0), (5, 250.0)))
        memory.remember(posed(5, (1, 101.0), (2, 402.0)))
        assert [ids_at(memory, index) for index in (0, 5, 6)] == [[1, 2], [2, 1, 5], [2, 1, 5]]
        assert memory.recall(frame_of(6)).overlays.trails[0].track_id == 2
        # A third part, which meets the second one.
        memory.remember(posed(9, (7, 101.0)))
        memory.remember(posed(9, (4, 101.0)))
        assert ids_at(memory, 9) == [1]


def test_the_untracked_and_those_elsewhere_are_not_joined() -> None:
    with SpilledPoseMemory() as memory:
        memory.remember(posed(0, (1, 100.0), (0, 400.0)))
        memory.remember(posed(0, (2, 300.0), (3, 400.0)))
        assert ids_at(memory, 0) == [1, 0]


def test_who_is_seen_again_in_a_frame_is_the_same_and_its_time_is_reported() -> None:
    met_s: list[float] = []
    with SpilledPoseMemory(on_meeting=met_s.append) as memory:
        first = posed(3, (1, 100.0), (2, 400.0))
        memory.remember(first)
        assert met_s == []
        memory.remember(posed(3, (5, 101.0)))
        assert met_s == [first.frame.time_s]
        assert memory.has_same_people(posed(3, (8, 401.0), (9, 101.0)))
        assert not memory.has_same_people(posed(3, (8, 401.0)))
        assert not memory.has_same_people(posed(3, (8, 401.0), (9, 700.0)))
        one_alone = replace(first, subject_state=SubjectState.LOCKED)
        assert not memory.has_same_people(one_alone), "others may be seen elsewhere"
        assert not memory.has_same_people(posed(4, (1, 100.0)))


def test_what_is_forgotten_is_unknown_and_reported() -> None:
    told: list[str] = []
    with SpilledPoseMemory(1, on_forget=lambda: told.append("forgotten")) as memory:
        for index in range(3):
            memory.remember(posed(index, (1, 100.0)))
        memory.forget()
        assert not any(index in memory for index in range(3))
        assert told == ["forgotten"]
        memory.remember(posed(1, (5, 100.0)))
        assert ids_at(memory, 1) == [5]
