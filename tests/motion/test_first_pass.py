"""What the first pass over a file found: recalled with the ids of people, scene by scene."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livepose.core.frame import PosedFrame
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion.backward_search import BackwardSearch
from livepose.motion.first_pass import FirstPass
from tests.support.crowds import HEIGHT_PX, WIDTH_PX, OnePersonModel, Place, body, frame

LEFT, RIGHT = (150, 240, 200), (450, 240, 200)


def posed(number: int, *people: tuple[int, Place], is_start: bool = False) -> PosedFrame:
    """Return a frame in which people were found, each with an id."""
    xy = np.array([body(place) for _, place in people], np.float32).reshape(-1, 17, 2)
    poses = Poses.from_keypoints(xy, np.full((len(xy), 17), 0.8, np.float32))
    poses = replace(poses, track_id=np.array([track_id for track_id, _ in people], np.int32))
    region = Region.letterbox(WIDTH_PX, HEIGHT_PX)
    return PosedFrame(frame(number), poses, region, 0.25, detections=poses, is_scene_start=is_start)


def recalled(frames: list[PosedFrame], model: OnePersonModel) -> list[PosedFrame]:
    """Return frames with what a first pass says of them."""
    with FirstPass(BackwardSearch(model)) as first:
        for each in frames:
            first.push(each)
        first.finish()
        assert len(first) == len(frames)
        return [first.recall(each.frame) for each in frames]


def test_all_is_recalled_but_for_the_ids() -> None:
    frames = [posed(n, (4, LEFT), (9 if n < 6 else 11, RIGHT)) for n in range(12)]
    results = recalled(frames, OnePersonModel(lambda number: []))
    assert [each.poses.track_id.tolist() for each in results] == [[1, 2]] * 12
    assert [each.last_track_id for each in results] == [2] * 12
    for before, after in zip(frames, results, strict=True):
        np.testing.assert_array_equal(before.poses.xy, after.poses.xy)
        np.testing.assert_array_equal(before.detections.xy, after.detections.xy)
        assert after.frame is before.frame
        assert (after.region, after.inference_s) == (before.region, 0.25)


def test_nobody_is_recognized_any_more_as_everybody_has_their_id_from_the_start() -> None:
    frames = [posed(n, (4, LEFT), (9 if n < 6 else 1, RIGHT)) for n in range(12)]
    frames[6] = replace(frames[6], recognized=((9, 1),))
    results = recalled(frames, OnePersonModel(lambda number: []))
    assert [each.poses.track_id.tolist() for each in results] == [[1, 2]] * 12
    assert not any(each.recognized for each in results)


def test_another_scene_has_other_people() -> None:
    frames = [posed(n, (1 if n < 10 else 2, LEFT), is_start=n in (0, 10)) for n in range(20)]
    results = recalled(frames, OnePersonModel(lambda number: []))
    assert [each.poses.track_id.tolist() for each in results] == [[1]] * 10 + [[2]] * 10
    assert [each.is_scene_start for each in results] == [n in (0, 10) for n in range(20)]
    assert [each.last_track_id for each in results] == [1] * 10 + [2] * 10


def test_who_is_found_late_is_followed_back_first() -> None:
    frames = [posed(n, *([(3, LEFT)] if n >= 8 else [])) for n in range(14)]
    results = recalled(frames, OnePersonModel(lambda number: [LEFT] if number >= 5 else []))
    assert [each.poses.track_id.tolist() for each in results] == [[]] * 5 + [[1]] * 9


def test_a_frame_that_did_not_come_is_not_known() -> None:
    with FirstPass(BackwardSearch(OnePersonModel(lambda number: []))) as first:
        first.push(posed(0, (1, LEFT)))
        assert len(first) == 0 and 0 not in first  # it waits for those after it
        first.finish()
        assert len(first) == 1 and 0 in first and 1 not in first
        with pytest.raises(KeyError):
            first.recall(frame(1))
