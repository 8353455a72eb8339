"""Edits of saved poses: what each changes and marks, and that all can be undone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livepose.core.errors import OptionError
from livepose.core.poses import Poses
from livepose.core.skeleton import COCO_SKELETON, Keypoint
from livepose.export.pose_edits import EditList, MovePoint, parse_edit
from tests.support.recordings import posed_frame

POSES = posed_frame(12, (1, 2)).poses
SIDED = COCO_SKELETON.mirrored_order() != np.arange(17)


def edited(*texts: str, index: int = 12) -> Poses:
    return EditList(map(parse_edit, texts)).apply(index, POSES)


def test_a_point_is_moved_marked_and_certain() -> None:
    poses = edited("move:12:2:left_ear:310.5,200.25")
    assert poses["left_ear"][1].tolist() == [310.5, 200.25, 1.0]
    assert poses.raw_xy[1, Keypoint.LEFT_EAR].tolist() == [310.5, 200.25]
    is_other = np.ones((2, 17), np.bool_)
    is_other[1, Keypoint.LEFT_EAR] = False
    assert (poses.xy == POSES.xy)[is_other].all()
    assert (poses.edited == ~is_other).all()
    assert poses.box[1].tolist() == [
        *poses.xy[1].min(axis=0).tolist(),
        *poses.xy[1].max(axis=0).tolist(),
    ]
    assert (poses.box[0] == POSES.box[0]).all()


def test_sides_are_exchanged_with_their_scores_and_marks() -> None:
    poses = edited("swap_sides:10-20:1")
    assert (poses.xy[0, Keypoint.LEFT_KNEE] == POSES.xy[0, Keypoint.RIGHT_KNEE]).all()
    assert (poses.xy[0, Keypoint.NOSE] == POSES.xy[0, Keypoint.NOSE]).all()
    assert poses.score[0, Keypoint.RIGHT_EAR] == POSES.score[0, Keypoint.LEFT_EAR]
    assert (poses.edited[0] == SIDED).all()
    assert not poses.edited[1].any()
    twice = edited("swap_sides:10-20:1", "swap_sides:12:1")
    assert (twice.xy == POSES.xy).all()
    assert (twice.raw_xy == POSES.raw_xy).all()


def test_ids_are_exchanged_between_two_or_given_to_one() -> None:
    assert edited("swap_ids:0-30:1,2").track_id.tolist() == [2, 1]
    assert edited("swap_ids:0-30:1,2").edited.all()
    assert edited("swap_ids:0-30:2,7").track_id.tolist() == [1, 7]
    assert edited("swap_ids:0-30:2,7").edited.any(axis=1).tolist() == [False, True]


def test_one_person_or_everybody_is_deleted() -> None:
    assert edited("delete:12:1").track_id.tolist() == [2]
    assert len(edited("delete:0-99:all")) == 0


@pytest.mark.parametrize(
    "text", ["move:12:3:nose:1,2", "swap_sides:12:9", "swap_ids:12:8,9", "delete:12:9"]
)
def test_people_and_frames_that_are_not_meant_stay_as_they_are(text: str) -> None:
    assert edited(text) is POSES
    assert edited(text.replace(":3:", ":1:").replace(":9", ":1"), index=13) is POSES


def test_edits_are_undone_and_done_again() -> None:
    edits = EditList([parse_edit("delete:12:1")])
    edits.add(parse_edit("swap_sides:12:2"))
    assert edits.undo()
    assert edits.undo()
    assert edits.apply(12, POSES) is POSES
    assert not edits.undo()
    assert edits.redo()
    assert edits.apply(12, POSES).track_id.tolist() == [2]
    edits.add(parse_edit("delete:12:2"))
    assert not edits.redo()
    assert list(map(str, edits.done)) == ["delete:12:1", "delete:12:2"]


@pytest.mark.parametrize(
    "text",
    [
        "move:12:1:left_wrist:310.5,200.25",
        "swap_sides:10-20:1",
        "swap_ids:0-30:1,2",
        "delete:5-9:1",
        "delete:5:all",
    ],
)
def test_an_edit_is_read_from_its_own_text(text: str) -> None:
    assert str(parse_edit(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bend:12:1",
        "move:12:1:nose",
        "move:12:1:nose:1",
        "move:12:1:nose:nan,2",
        "move:x:1:nose:1,2",
        "delete:9-5:1",
        "delete:5",
        "delete:5:-1",
        "swap_ids:5:1",
        "swap_sides:5:99999999999",
    ],
)
def test_what_is_no_edit_is_refused(text: str) -> None:
    with pytest.raises(OptionError):
        parse_edit(text)


def test_an_edit_has_to_fit_the_skeleton_and_itself() -> None:
    for text in ("move:1:1:tail:1,2", "swap_ids:1:2,2"):
        with pytest.raises(OptionError):
            parse_edit(text).check(COCO_SKELETON)


def test_places_are_written_so_that_they_are_read_as_the_same_numbers() -> None:
    third = float(np.float32(1) / np.float32(3))
    edit = MovePoint(parse_edit("delete:1:1").frames, 1, "nose", third, 1e-3)
    assert parse_edit(str(edit)).apply(posed_frame(1).poses)["nose"][0, 0] == np.float32(third)


def test_poses_without_raw_keypoints_stay_without() -> None:
    plain = replace(POSES, raw_xy=POSES.xy)
    for text in ("move:12:1:nose:5,6", "swap_sides:12:1"):
        changed = EditList([parse_edit(text)]).apply(12, plain)
        assert changed.raw_xy is changed.xy
