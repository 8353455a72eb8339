"""Joint angles: known answers, both facings, what is not seen, the way across 180."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from livepose.analysis.angle_definitions import parse_angles
from livepose.analysis.angle_meter import AngleMeter
from livepose.analysis.curve_history import CurveHistory
from livepose.core.angles import degrees_text
from livepose.core.errors import OptionError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON, Skeleton
from livepose.core.skeleton import Keypoint as K
from livepose.models import load_model
from livepose.motion.estimator import Estimator
from livepose.sources.synthetic.source import SyntheticSource
from tests.support.models import warm_cache
from tests.support.needs import needs_shared
from tests.support.skeletons import FULL_BODY_SKELETON, UPPER_BODY_SKELETON, standing_person

ALL = parse_angles("all")
Places = dict[str, tuple[float, float]]
FACE = ("left_eye", "right_eye", "left_ear", "right_ear")

# Lengths of 100, y down. From the front: the subject's left is at the right of the picture.
FRONT: Places = {
    "nose": (0, -160), "left_eye": (6, -166), "right_eye": (-6, -166),
    "left_ear": (14, -160), "right_ear": (-14, -160),
    "left_shoulder": (35, -100), "right_shoulder": (-35, -100),
    "left_elbow": (35, 0), "right_elbow": (-35, 0),
    "left_wrist": (35, 100), "right_wrist": (-35, 100),
    "left_hip": (35, 0), "right_hip": (-35, 0),
    "left_knee": (35, 100), "right_knee": (-35, 100),
    "left_ankle": (35, 200), "right_ankle": (-35, 200),
}  # fmt: skip
# In profile, facing right: left and right lie behind one another.
PROFILE: Places = {
    name: (0 if name != "nose" else 25, y) for name, (_, y) in FRONT.items()
}  # fmt: skip


def pose(
    places: Places,
    unseen: Sequence[str] = (),
    track_id: int = 1,
    skeleton: Skeleton = COCO_SKELETON,
) -> Poses:
    xy = np.array([[places.get(name, (0, 0)) for name in skeleton.names]], np.float32)
    score = np.array([[0.1 if name in unseen else 0.9 for name in skeleton.names]], np.float32)
    poses = Poses.from_keypoints(xy, score, skeleton)
    return replace(poses, track_id=np.array([track_id], np.int32))


def posed(poses: Poses, time_s: float = 0.0) -> PosedFrame:
    frame = Frame.from_bgr(np.zeros((8, 8, 3), np.uint8), 0, time_s)
    return PosedFrame(frame, poses, Region.letterbox(8, 8), 0.0)


def angles(poses: Poses) -> dict[str, float]:
    measured = AngleMeter(ALL)(posed(poses)).angles
    return dict(zip(measured.names, measured.degrees[0].tolist(), strict=True))


def mirrored(places: Places) -> Places:
    return {name: (-x, y) for name, (x, y) in places.items()}


def bent(places: Places, **moved: tuple[float, float]) -> Places:
    return {**places, **moved}


def test_who_stands_upright_has_straight_joints_and_level_lines() -> None:
    found = angles(pose(FRONT))
    for joint in ("knee", "elbow", "hip", "shoulder"):
        assert found[f"left_{joint}"] == found[f"right_{joint}"] == pytest.approx(0, abs=1e-4)
    for segment in ("thigh", "shank", "arm", "forearm"):
        assert found[f"left_{segment}"] == found[f"right_{segment}"] == pytest.approx(-90)
    assert found["trunk"] == found["head"] == pytest.approx(90)
    assert found["shoulders"] == found["pelvis"] == pytest.approx(0)


@pytest.mark.parametrize(
    ("ankle", "degrees"), [((35, 200), 0), ((135, 100), 90), ((-65, 100), 90), ((35, 0), 180)]
)
def test_a_knee_is_0_straight_and_180_folded_to_either_side(
    ankle: tuple[float, float], degrees: float
) -> None:
    assert angles(pose(bent(FRONT, left_ankle=ankle)))["left_knee"] == pytest.approx(degrees)


@pytest.mark.parametrize(("wrist", "degrees"), [((-35, 100), 0), ((-135, 0), 90), ((36, 71), 45)])
def test_an_elbow_is_0_straight(wrist: tuple[float, float], degrees: float) -> None:
    found = angles(pose(bent(FRONT, right_wrist=wrist)))["right_elbow"]
    assert found == pytest.approx(degrees, abs=0.01)


@pytest.mark.parametrize("faces_left", [False, True])
@pytest.mark.parametrize(
    ("knee", "degrees"), [((0, 100), 0), ((100, 0), 90), ((-100, 0), -90), ((50, 86.60254), 30)]
)
def test_in_profile_a_thigh_before_the_body_is_positive_whichever_way_it_faces(
    knee: tuple[float, float], degrees: float, faces_left: bool
) -> None:
    places = bent(PROFILE, left_knee=knee, right_knee=knee)
    found = angles(pose(mirrored(places) if faces_left else places))
    assert found["left_hip"] == found["right_hip"] == pytest.approx(degrees, abs=1e-3)


@pytest.mark.parametrize("faces_left", [False, True])
@pytest.mark.parametrize(
    ("elbow", "degrees"), [((100, -100), 90), ((0, -200), 180), ((-50, -13.39746), -30)]
)
def test_in_profile_an_arm_before_the_body_is_positive_and_180_overhead(
    elbow: tuple[float, float], degrees: float, faces_left: bool
) -> None:
    places = bent(PROFILE, right_elbow=elbow)
    found = angles(pose(mirrored(places) if faces_left else places))
    assert found["right_shoulder"] == pytest.approx(degrees, abs=1e-3)


@pytest.mark.parametrize("faces_left", [False, True])
def test_in_profile_a_trunk_that_leans_forward_is_under_90(faces_left: bool) -> None:
    top = {f"{side}_shoulder": (50.0, -86.60254) for side in ("left", "right")}
    head = {name: (50.0, -150.0) for name in FACE} | {"nose": (75.0, -150.0)}
    places = PROFILE | top | head
    found = angles(pose(mirrored(places) if faces_left else places))
    assert found["trunk"] == pytest.approx(60, abs=1e-3)


def test_who_lies_has_the_same_joint_angles_as_who_stands() -> None:
    sitting = bent(PROFILE, left_knee=(100, 0), left_ankle=(100, 100), left_elbow=(50, -13.4))
    upright, lying = (
        angles(pose(sitting)),
        angles(pose({name: (y, -x) for name, (x, y) in sitting.items()})),
    )
    for joint in ("knee", "hip", "elbow", "shoulder"):
        assert lying[f"left_{joint}"] == pytest.approx(upright[f"left_{joint}"], abs=1e-3)
    assert upright["left_hip"] == pytest.approx(90)


def test_from_the_front_a_limb_to_either_side_is_positive() -> None:
    found = angles(pose(bent(FRONT, left_elbow=(135, -100), right_elbow=(-135, -100))))
    assert found["left_shoulder"] == found["right_shoulder"] == pytest.approx(90)


def test_a_shoulder_that_is_lower_on_one_side_tilts_the_line() -> None:
    # The subject's left, at the right of the picture, is higher by as much as it is far.
    found = angles(pose(bent(FRONT, left_shoulder=(35, -170))))
    assert found["shoulders"] == pytest.approx(45)


def test_a_line_from_right_to_left_has_no_tilt_in_profile() -> None:
    found = angles(pose(PROFILE))
    assert math.isnan(found["shoulders"])
    assert math.isnan(found["pelvis"])


@pytest.mark.parametrize("places", [FRONT, PROFILE, mirrored(PROFILE)])
def test_neither_the_place_nor_the_size_of_a_person_matters(places: Places) -> None:
    moved = bent(places, left_knee=(60, 70), right_wrist=(40, 20), left_ankle=(10, 150))
    elsewhere = {name: (0.37 * x + 412, 0.37 * y + 233) for name, (x, y) in moved.items()}
    near, far = angles(pose(moved)), angles(pose(elsewhere))
    assert list(far.values()) == pytest.approx(list(near.values()), abs=0.01, nan_ok=True)


def test_a_point_that_is_not_seen_leaves_nan_in_the_angles_that_need_it_alone() -> None:
    found = angles(pose(FRONT, unseen=["left_knee"]))
    needing = {"left_knee", "left_hip", "left_thigh", "left_shank"}
    assert {name for name, value in found.items() if math.isnan(value)} == needing


def test_in_profile_one_seen_flank_is_enough_for_the_trunk() -> None:
    found = angles(pose(PROFILE, unseen=["left_shoulder", "left_hip"]))
    assert found["trunk"] == pytest.approx(90)
    assert found["right_hip"] == pytest.approx(0, abs=1e-4)
    hidden = angles(pose(PROFILE, unseen=["left_shoulder", "right_hip"]))
    assert math.isnan(hidden["trunk"])


def test_points_on_one_another_have_no_angle() -> None:
    assert math.isnan(angles(pose(bent(FRONT, left_ankle=(35, 100))))["left_knee"])


def test_the_threshold_of_a_point_can_be_chosen() -> None:
    found = AngleMeter(["left_knee"], min_score=0.05)(posed(pose(FRONT, unseen=["left_knee"])))
    assert np.isfinite(found.angles.degrees).all()
    with pytest.raises(OptionError, match="0 to 1"):
        AngleMeter(["left_knee"], min_score=1.5)


def test_nobody_has_no_angles() -> None:
    measured = AngleMeter(ALL, labels=True)(posed(Poses.empty()))
    assert measured.angles.degrees.shape == (0, len(ALL))
    assert measured.overlays.labels == ()


def arm_at(degrees: float, track_id: int = 1) -> Poses:
    """From the front, the left forearm at an angle from the horizontal, anticlockwise."""
    turn = math.radians(degrees)
    wrist = (35 + 100 * math.cos(turn), -100 * math.sin(turn))
    return pose(bent(FRONT, left_wrist=wrist), track_id=track_id)


def follow(
    meter: AngleMeter, degrees: Sequence[float], *, start_s: float = 0.0, track_id: int = 1
) -> list[float]:
    """Take a forearm through angles, at 30 frames a second."""
    return [
        meter(posed(arm_at(value, track_id), start_s + index / 30)).angles.degrees[0, 0].item()
        for index, value in enumerate(degrees)
    ]


def test_an_angle_goes_on_over_180_without_a_jump() -> None:
    way = [*range(150, 400, 10), *range(400, -200, -10)]
    assert follow(AngleMeter(["left_forearm"]), way) == pytest.approx(way, abs=0.01)


def test_after_half_a_second_unseen_the_turns_are_counted_anew() -> None:
    meter = AngleMeter(["left_forearm"])
    follow(meter, [170, 180, 190, 200])
    assert follow(meter, [200], start_s=0.55) == pytest.approx([200], abs=0.01)
    assert follow(meter, [200], start_s=1.1) == pytest.approx([-160], abs=0.01)


def test_the_turns_of_a_new_track_a_reset_and_a_seek_back_are_counted_anew() -> None:
    meter = AngleMeter(["left_forearm"])
    follow(meter, [170, 180, 190], start_s=5)
    assert follow(meter, [190], start_s=5.1, track_id=2) == pytest.approx([-170], abs=0.01)
    assert follow(meter, [190], start_s=5.1, track_id=1) == pytest.approx([190], abs=0.01)
    assert follow(meter, [190], start_s=4.0) == pytest.approx([-170], abs=0.01)
    follow(meter, [170, 180, 190], start_s=7)
    meter.reset()
    assert follow(meter, [190], start_s=7.1) == pytest.approx([-170], abs=0.01)


def test_a_frame_that_was_misread_does_not_add_a_turn() -> None:
    way = [10, 12, 190, 280, 14, 15]
    assert follow(AngleMeter(["left_forearm"]), way)[-2:] == pytest.approx([14, 15], abs=0.01)


def test_facing_holds_through_a_frame_in_which_the_nose_slips() -> None:
    meter = AngleMeter(["left_hip"])
    sitting = bent(PROFILE, left_knee=(100, 0))
    slipped = bent(sitting, nose=(-25, -160))
    frames = [sitting] * 8 + [slipped] + [sitting] * 3
    found = [
        meter(posed(pose(places), index / 30)).angles.degrees[0, 0].item()
        for index, places in enumerate(frames)
    ]
    assert found == pytest.approx([90] * 12)


def test_the_extremes_are_held_for_each_person_and_given_with_their_frames() -> None:
    meter = AngleMeter(["left_forearm", "left_knee"])
    follow(meter, [10] * 6 + [40] * 6 + [-20] * 6)
    before = meter.ranges[1]
    follow(meter, [70] * 6, start_s=1, track_id=2)
    follow(meter, [60] * 6, start_s=1)
    assert before.high_deg[0] == pytest.approx(40, abs=0.01)
    held = meter.ranges[1]
    assert (held.low_deg[0], held.high_deg[0]) == pytest.approx((-20, 60), abs=0.01)
    assert held.range_deg[0] == pytest.approx(80, abs=0.01)
    assert held.frames.tolist() == [24, 24]
    assert meter.ranges[2].low_deg[0] == pytest.approx(70, abs=0.01)
    meter.forget()
    assert not meter.ranges


def test_what_was_never_seen_has_no_extremes_and_no_frames() -> None:
    meter = AngleMeter(["left_knee"])
    meter(posed(pose(FRONT, unseen=["left_knee"])))
    assert math.isnan(meter.ranges[1].range_deg[0])
    assert meter.ranges[1].frames.tolist() == [0]


def test_two_people_without_ids_are_measured_and_not_remembered() -> None:
    both = Poses.from_keypoints(
        np.concatenate([pose(FRONT).xy, pose(PROFILE).xy]), np.full((2, 17), 0.9, np.float32)
    )
    meter = AngleMeter(["left_knee"])
    assert meter(posed(both)).angles.degrees.tolist() == pytest.approx(np.zeros((2, 1)), abs=1e-3)
    assert not meter.ranges


def test_labels_stand_at_the_joint_and_in_the_middle_of_a_segment() -> None:
    places = bent(FRONT, left_ankle=(135, 100))
    labels = AngleMeter(["left_knee", "left_shank"], labels=True)(
        posed(pose(places))
    ).overlays.labels
    assert [label.text for label in labels] == ["90°", "0°"]
    assert (labels[0].x_px, labels[0].y_px) == (35, 100)
    assert labels[0].keypoint == K.LEFT_KNEE
    assert (labels[1].x_px, labels[1].y_px) == (85, 100)


def test_below_a_label_stands_how_far_the_angle_went_so_far() -> None:
    meter, notes = AngleMeter(["left_knee"], labels=True), []
    ankles = [ankle for ankle in ((35, 200), (135, 200), (135, 100), (135, 200)) for _ in range(7)]
    for number, ankle in enumerate(ankles):
        (label,) = meter(posed(pose(bent(FRONT, left_ankle=ankle)), number / 30)).overlays.labels
        notes.append((label.text, label.note))
    assert notes[6::7] == [("0°", ""), ("45°", "0 to 45"), ("90°", "0 to 90"), ("45°", "0 to 90")]


def test_a_misread_frame_changes_neither_the_label_nor_the_range() -> None:
    meter, notes = AngleMeter(["left_knee"], labels=True), []
    for number in range(20):
        places = bent(FRONT, left_ankle=(35, 0) if number in (0, 9, 10) else (135, 100))
        measured = meter(posed(pose(places), number / 30))
        notes += [(label.text, label.note) for label in measured.overlays.labels]
    assert notes[2:] == [("90°", "")] * 18
    assert meter.ranges[1].range_deg == pytest.approx(0, abs=0.01)
    assert meter.ranges[1].frames.tolist() == [20]


def test_the_label_of_a_fast_joint_is_the_end_of_its_curve_and_files_have_the_frames_own() -> None:
    meter, curves = AngleMeter(["left_knee"], labels=True), CurveHistory(["left_knee"], None)
    labels, ends = [], []
    for number in range(12):
        turn = np.radians(10 * number)
        ankle = 35 + 100 * np.sin(turn), 100 + 100 * np.cos(turn)
        measured = meter(posed(pose(bent(FRONT, left_ankle=ankle)), number / 30))
        assert measured.angles.degrees[0, 0] == pytest.approx(10 * number, abs=0.1)
        labels += [label.text for label in measured.overlays.labels]
        ends.append(degrees_text(curves.panel(measured).degrees[-1, 0]))
    assert labels == ends
    assert labels[-1] == "80°"  # the middle of 50 to 110 degrees, the last 0.2 s


def test_an_angle_that_is_not_seen_has_no_label_and_labels_are_asked_for() -> None:
    hidden = posed(pose(FRONT, unseen=["left_knee"]))
    assert AngleMeter(["left_knee"], labels=True)(hidden).overlays.labels == ()
    assert AngleMeter(ALL)(posed(pose(FRONT))).overlays.labels == ()


def test_a_meter_wants_full_names() -> None:
    with pytest.raises(OptionError, match="left_knee or right_knee"):
        AngleMeter(["knee"])
    with pytest.raises(OptionError, match="at least one"):
        AngleMeter([])


@needs_shared
def test_angles_of_real_poses_of_the_figure_are_near_the_truth(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))
    names = parse_angles("knee,elbow")
    seen, true = AngleMeter(names), AngleMeter(names)
    errors = []
    with (
        SyntheticSource(frame_rate=Fraction(10), frame_count=80) as source,
        load_model("lightning") as model,
    ):
        for found in map(Estimator(model), source):
            truth = replace(found, poses=source.truth(found.frame.time_s))
            measured = seen(found).angles.degrees
            assert len(measured) == 1
            errors.append(np.abs(measured - true(truth).angles.degrees)[0])
    mean_deg = np.nanmean(errors, axis=0)
    assert mean_deg.mean() < 5, dict(zip(names, mean_deg.tolist(), strict=True))


def test_a_trunk_that_was_flat_when_its_owner_turned_is_upright_at_90_again() -> None:
    meter = AngleMeter(["trunk"])
    found, time_s = [], 0.0
    for facing, lean in [(1, lean) for lean in range(0, 96, 5)] + [
        (-1, lean) for lean in range(95, -1, -5)
    ]:
        turn, time_s = math.radians(lean), time_s + 1 / 30
        xy = np.zeros((1, 17, 2), np.float32)
        hips, along = np.array((200.0, 300.0)), facing * math.sin(turn)
        neck = hips + 100 * np.array((along, -math.cos(turn)))
        head = neck + 30 * np.array((along, -math.cos(turn)))
        xy[0, [K.LEFT_HIP, K.RIGHT_HIP]] = hips
        xy[0, [K.LEFT_SHOULDER, K.RIGHT_SHOULDER]] = neck
        xy[0, [K.LEFT_EAR, K.RIGHT_EAR]] = head
        xy[0, K.NOSE] = head + 10 * facing * np.array((math.cos(turn), math.sin(turn)))
        poses = Poses.from_keypoints(xy, np.ones((1, 17), np.float32))
        found.append(meter(posed(poses, time_s)).angles.degrees[0, 0].item())
    assert found[0] == pytest.approx(90, abs=1)
    assert found[-1] == pytest.approx(90, abs=1)
    assert min(found) > -10
    assert max(found) < 190


@pytest.mark.parametrize("name", ["shoulders", "pelvis"])
def test_a_tilt_stays_within_90_degrees(name: str) -> None:
    meter, found = AngleMeter([name]), []
    for step in range(0, 361, 10):
        turn = math.radians(step)
        xy = np.zeros((1, 17, 2), np.float32)
        across, up = np.array((math.cos(turn), -math.sin(turn))), np.array((0.0, -100.0))
        xy[0, K.LEFT_HIP], xy[0, K.RIGHT_HIP] = 200 + 60 * across, 200 - 60 * across
        xy[0, K.LEFT_SHOULDER], xy[0, K.RIGHT_SHOULDER] = xy[0, [K.LEFT_HIP, K.RIGHT_HIP]] + up
        poses = Poses.from_keypoints(xy, np.ones((1, 17), np.float32))
        found.append(meter(posed(poses, step / 300)).angles.degrees[0, 0].item())
    known = [value for value in found if math.isfinite(value)]
    assert len(known) > 10
    assert max(map(abs, known)) <= 90


@pytest.mark.parametrize("places", [FRONT, PROFILE, mirrored(PROFILE)])
def test_angles_do_not_depend_on_the_number_and_the_order_of_keypoints(places: Places) -> None:
    moved = bent(places, left_knee=(60, 70), right_wrist=(40, 20), left_ankle=(10, 150))
    meter = AngleMeter(ALL, labels=True)
    coco = meter(posed(pose(moved)))
    full = meter(posed(pose(moved, skeleton=FULL_BODY_SKELETON, track_id=2)))
    np.testing.assert_array_equal(full.angles.degrees, coco.angles.degrees)
    assert [label.text for label in full.overlays.labels] == [
        label.text for label in coco.overlays.labels
    ]
    for one, other in zip(full.overlays.labels, coco.overlays.labels, strict=True):
        assert FULL_BODY_SKELETON.names[one.keypoint] == COCO_SKELETON.names[other.keypoint]


def test_a_skeleton_without_the_keypoints_of_an_angle_is_refused() -> None:
    with pytest.raises(OptionError, match=r"left_knee cannot be measured: it needs left_hip"):
        AngleMeter(["left_knee"])(posed(standing_person(UPPER_BODY_SKELETON)))


def test_a_skeleton_without_a_face_measures_what_needs_none() -> None:
    found = AngleMeter(["shoulders"], labels=True)(posed(standing_person(UPPER_BODY_SKELETON)))
    assert found.angles.degrees.tolist() == [[pytest.approx(0)]]
    assert [label.text for label in found.overlays.labels] == ["0°"]


def test_nobody_of_another_skeleton_has_no_angles() -> None:
    measured = AngleMeter(ALL)(posed(Poses.empty(UPPER_BODY_SKELETON)))
    assert measured.angles.degrees.shape == (0, len(ALL))
