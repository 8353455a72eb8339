"""Records can be copied, and sent to another process."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pytest

from livepose.analysis.angle_meter import AngleMeter
from livepose.core.angles import Angles
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.overlays import Label, Overlays, Trail
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON, Skeleton
from livepose.draw import Style
from livepose.export import RecordingMetadata
from livepose.session.options import Options, SourceOptions
from tests.support.skeletons import FULL_BODY_SKELETON, UPPER_BODY_SKELETON, standing_person

T = TypeVar("T")
Copy = Callable[[T], T]


def pickled(record: T) -> T:
    return pickle.loads(pickle.dumps(record))  # type: ignore[no-any-return]


@pytest.fixture(params=[copy.copy, copy.deepcopy, pickled])
def copied(request: pytest.FixtureRequest) -> Copy[object]:
    return request.param  # type: ignore[no-any-return]


def posed_frame(skeleton: Skeleton = COCO_SKELETON) -> PosedFrame:
    trail = Trail(1, 1, np.zeros((3, 2), np.float32))
    return PosedFrame(
        Frame.from_bgr(np.full((48, 64, 3), 7, np.uint8), 3, 0.1),
        standing_person(skeleton),
        Region.letterbox(64, 48),
        0.01,
        angles=Angles(
            ("left_knee",), np.array([[12.5]], np.float32), np.array([[14.0]], np.float32)
        ),
        overlays=Overlays(trails=(trail,), labels=(Label("12°", 1, 5.0, 6.0),)),
    )


@pytest.mark.parametrize("skeleton", [COCO_SKELETON, FULL_BODY_SKELETON, UPPER_BODY_SKELETON])
def test_a_copied_skeleton_is_equal_and_complete(
    skeleton: Skeleton, copied: Copy[Skeleton]
) -> None:
    other = copied(skeleton)
    assert other == skeleton
    assert hash(other) == hash(skeleton)
    assert (other.pairs, dict(other.groups)) == (skeleton.pairs, dict(skeleton.groups))
    assert other.index(skeleton.names[-1]) == len(skeleton) - 1


def test_copied_poses_are_equal_and_read_only(copied: Copy[Poses]) -> None:
    poses = standing_person(FULL_BODY_SKELETON)
    other = copied(poses)
    assert other.skeleton == poses.skeleton
    for name in ("xy", "raw_xy", "score", "box", "person_score", "track_id", "swapped"):
        assert np.array_equal(getattr(other, name), getattr(poses, name))
        assert not getattr(other, name).flags.writeable


def test_a_copied_posed_frame_is_equal(copied: Copy[PosedFrame]) -> None:
    posed = posed_frame()
    other = copied(posed)
    assert np.array_equal(other.frame.bgr, posed.frame.bgr)
    assert (other.frame.index, other.frame.time_s) == (3, 0.1)
    assert np.array_equal(other.poses.xy, posed.poses.xy)
    assert other.angles.names == ("left_knee",)
    assert (other.angles.degrees.item(), other.angles.figures.item()) == (12.5, 14.0)
    for values in (other.angles.degrees, other.angles.figures):
        assert not values.flags.writeable
    assert other.overlays.labels == posed.overlays.labels
    assert other.overlays.trails[0].keypoint == 1
    assert not other.overlays.faces.flags.writeable


@pytest.mark.parametrize(
    "record",
    [
        StreamInfo("a.mp4", 64, 48, is_live=False),
        RecordingMetadata(
            StreamInfo("a.mp4", 64, 48, is_live=False), "mine", skeleton=FULL_BODY_SKELETON
        ),
        Region.letterbox(64, 48),
        Style(colors="people", boxes=True),
        Options(SourceOptions(demo=True)),
    ],
    ids=lambda record: type(record).__name__,
)
def test_other_records_are_copied(record: object, copied: Copy[object]) -> None:
    assert copied(record) == record


def test_an_angle_meter_is_copied_with_its_ranges(copied: Copy[AngleMeter]) -> None:
    meter = AngleMeter(("left_knee",))
    meter(posed_frame())
    assert list(copied(meter).ranges) == list(meter.ranges) == [0]
