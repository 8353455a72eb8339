"""Face regions: where faces may be, how long a lost one stays covered, and when it is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseModel
from livepose.core.overlays import Label, Overlays
from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.core.skeleton import COCO_SKELETON, Keypoint
from livepose.draw import paint
from livepose.models import load_model
from livepose.motion.face_regions import HOLD_S, FaceRegions
from livepose.motion.top_down import TopDownEstimator
from livepose.sources import open_source
from livepose.sources.synthetic.dance import LOOP_S
from livepose.sources.synthetic.source import SyntheticSource
from tests.support.crowds import CrowdDetector, OnePersonModel, Place, body, frame
from tests.support.fakes import demo_keypoints
from tests.support.models import warm_cache
from tests.support.needs import DANCE, TFHUB, needs_shared
from tests.support.painting import (
    grey_pixels,
    people,
    posed,
)

FACE = list(COCO_SKELETON.groups["face"])


def found(poses: Poses, time_s: float = 0.0, shown: Poses | None = None) -> PosedFrame:
    return replace(posed(grey_pixels(), shown, time_s=time_s), detections=poses)


def covers(faces: FloatArray, points: FloatArray, margin_px: float = 0.0) -> bool:
    """Return whether each point is in one of the discs."""
    away = np.linalg.norm(points[:, None] - faces[None, :, :2], axis=2)
    return bool((away + margin_px <= faces[:, 2]).any(axis=1).all())


def test_faces_are_covered_of_people_who_are_shown_and_of_unsure_detections() -> None:
    places = [
        demo_keypoints(320, 240),
        demo_keypoints(320, 240) + np.float32(90),
        demo_keypoints(320, 240) - np.float32(90),
    ]
    unsure = people(places[1], score=0.08)
    noise = people(places[2], score=0.04)
    both = replace(
        found(unsure, shown=people(places[0], ids=(1,))), detections=_joined(unsure, noise)
    )
    faces = FaceRegions()(both).overlays.faces
    assert covers(faces, places[0][FACE], 5) and covers(faces, places[1][FACE], 5)
    assert not covers(faces, places[2][[Keypoint.NOSE]])


def test_every_face_is_covered_of_as_many_people_as_are_found() -> None:
    places: list[Place] = [(60 + 65 * n, 240, 150) for n in range(9)]
    newcomer: Place = (320, 90, 100)

    def crowd(number: int) -> list[Place]:
        return [*places, newcomer] if number >= 15 else places

    steps = [FaceRegions()]
    estimator = TopDownEstimator(OnePersonModel(crowd), CrowdDetector(crowd), steps=steps)
    for number in range(40):
        result = estimator(frame(number))
        xy = result.poses.xy
        assert len(xy) >= (6 if number < 12 else 9)
        assert all(covers(result.overlays.faces, each[FACE]) for each in xy)
    assert body(newcomer).tolist() in xy.tolist()


def _joined(*poses: Poses) -> Poses:
    xy = np.concatenate([one.xy for one in poses])
    return Poses.from_keypoints(xy, np.concatenate([one.score for one in poses]))


def test_one_face_is_one_disc_of_the_size_of_a_head_even_if_found_twice() -> None:
    xy = demo_keypoints(640, 480)
    once = people(xy)
    for shown in (once, people((xy + 2).astype(np.float32), ids=(1,))):
        (face,) = FaceRegions()(found(once, shown=shown)).overlays.faces
        ears_px = np.linalg.norm(xy[Keypoint.LEFT_EAR] - xy[Keypoint.RIGHT_EAR])
        assert 0.9 * ears_px < face[2] < 1.5 * ears_px


@pytest.mark.parametrize("turned", ["away", "aside"])
def test_without_a_visible_face_the_head_above_the_shoulders_is_covered(turned: str) -> None:
    xy = demo_keypoints(640, 480).copy()
    truth = xy.copy()
    score = np.full((1, 17), 0.9, np.float32)
    if turned == "away":
        score[0, FACE] = 0.1
        xy[FACE] = (xy[Keypoint.LEFT_SHOULDER] + xy[Keypoint.RIGHT_SHOULDER]) / 2  # anywhere
        covered = FACE
    else:
        hidden = [joint for joint in FACE if joint != Keypoint.RIGHT_EAR]
        score[0, hidden] = 0.25
        xy[hidden] = xy[Keypoint.RIGHT_EAR]
        covered = [Keypoint.NOSE, Keypoint.RIGHT_EYE, Keypoint.RIGHT_EAR]
    faces = FaceRegions()(found(Poses.from_keypoints(xy[None], score))).overlays.faces
    assert covers(faces, truth[covered], 2)


@pytest.mark.parametrize("frames_before", [0, 5])
def test_a_keypoint_of_the_face_that_is_far_off_does_not_make_a_huge_disc(
    frames_before: int,
) -> None:
    step, xy = FaceRegions(), demo_keypoints(640, 480)
    score = np.full((1, 17), 0.9, np.float32)
    usual_px = FaceRegions()(found(people(xy))).overlays.faces[0, 2]
    for number in range(frames_before):
        step(found(people(xy), number / 30))
    wrong = xy.copy()
    wrong[Keypoint.LEFT_EYE] += np.float32(300)
    score[0, FACE] = 0.35
    for number in range(frames_before, frames_before + 30):
        pose = Poses.from_keypoints(wrong[None] if number == frames_before else xy[None], score)
        faces = step(found(pose, number / 30)).overlays.faces
        assert faces[:, 2].max() < 2.2 * usual_px
        if number > frames_before:
            assert covers(faces, xy[FACE], 2)


def test_a_face_without_a_body_grows_no_faster_than_somebody_comes_nearer() -> None:
    step, xy = FaceRegions(), demo_keypoints(640, 480)
    score = np.zeros((1, 17), np.float32)
    score[0, FACE] = 0.9
    for number in range(5):
        (usual,) = step(found(Poses.from_keypoints(xy[None], score), number / 30)).overlays.faces
    large = xy + 5 * (xy - xy[FACE].mean(axis=0))
    radii_px = []
    for number in range(5, 20):
        pose = Poses.from_keypoints(large[None].astype(np.float32), score)
        (face,) = step(found(pose, number / 30)).overlays.faces
        radii_px.append(float(face[2]))
    assert radii_px[0] < 1.8 * usual[2], "once is no reason"
    assert radii_px[-1] > 5.5 * usual[2], "but a face that stays large is covered"


def test_the_face_of_somebody_close_up_and_seen_from_the_side_is_covered() -> None:
    """Shoulders that are close together say nothing about the size of a head."""
    xy, score = np.zeros((1, 17, 2), np.float32), np.zeros((1, 17), np.float32)
    places = {
        Keypoint.NOSE: (220, 240),
        Keypoint.LEFT_EYE: (250, 210),
        Keypoint.LEFT_EAR: (340, 230),
        Keypoint.LEFT_SHOULDER: (350, 420),
        Keypoint.RIGHT_SHOULDER: (330, 425),
    }
    for joint, place in places.items():
        xy[0, joint], score[0, joint] = place, 0.9
    faces = FaceRegions()(found(Poses.from_keypoints(xy, score))).overlays.faces
    assert faces[:, 2].max() > 100
    seen = [Keypoint.NOSE, Keypoint.LEFT_EYE, Keypoint.LEFT_EAR]
    assert covers(faces, xy[0, seen], 15)


def test_discs_of_two_people_side_by_side_do_not_become_one_that_is_larger() -> None:
    one = demo_keypoints(640, 480)
    (usual,) = FaceRegions()(found(people(one))).overlays.faces
    two = one + np.array((0.4 * usual[2], 0), np.float32)
    faces = FaceRegions()(found(_joined(people(one), people(two)))).overlays.faces
    assert faces[:, 2].max() < 1.1 * usual[2]
    assert covers(faces, one[FACE]) and covers(faces, two[FACE])


def test_a_lost_face_stays_covered_moves_on_and_grows_until_it_is_forgotten() -> None:
    step, xy = FaceRegions(), demo_keypoints(320, 240)
    for number in range(6):
        moved = (xy + np.array((6.0 * number, 0))).astype(np.float32)
        seen = step(found(people(moved), number / 30)).overlays.faces
    for lost in range(1, 31):
        faces = step(found(Poses.empty(), (5 + lost) / 30)).overlays.faces
        if lost / 30 > HOLD_S + 0.001:
            assert len(faces) == 0
        elif lost < 10:
            assert faces[0, 2] > seen[0, 2]
            assert faces[0, 0] == pytest.approx(seen[0, 0] + 6 * lost, abs=0.35 * 6 * lost)
            assert faces[0, 1] == pytest.approx(seen[0, 1], abs=1)


def test_a_reset_and_an_earlier_time_forget_all_faces() -> None:
    step, person = FaceRegions(), people(demo_keypoints(320, 240))
    assert len(step(found(person, 1.0)).overlays.faces) == 1
    step.reset()
    assert len(step(found(Poses.empty(), 1.03)).overlays.faces) == 0
    step(found(person, 1.1))
    assert len(step(found(Poses.empty(), 0.5)).overlays.faces) == 0


def test_other_overlays_are_kept() -> None:
    overlays = Overlays(labels=(Label("1°", Keypoint.LEFT_WRIST, 1.0, 1.0),))
    before = posed(grey_pixels(), people(demo_keypoints(320, 240)), overlays)
    after = FaceRegions()(before)
    assert after.overlays.labels == overlays.labels
    assert after.poses is before.poses


@pytest.fixture
def lightning(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PoseModel]:
    monkeypatch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(TFHUB))
    with load_model("lightning", runtime="litert") as model:
        yield model


@needs_shared
def test_the_face_of_the_built_in_figure_is_covered_at_every_moment(lightning: PoseModel) -> None:
    source, step = SyntheticSource(640, 480), FaceRegions()
    for number in range(int(LOOP_S * 10)):
        pixels = BgrPixels(source.paint(number / 10))
        poses = lightning.estimate(pixels, lightning.full_frame_region(640, 480))
        after = step(replace(posed(pixels, time_s=number / 10), detections=poses))
        truth = source.truth(number / 10).xy[0]
        # Ears and eyes are well within, and so is the chin: it is twice as far below the nose as
        # the eyes are above it.
        eyes = truth[[Keypoint.LEFT_EYE, Keypoint.RIGHT_EYE]].mean(axis=0)
        chin = truth[Keypoint.NOSE] + 2 * (truth[Keypoint.NOSE] - eyes)
        assert covers(after.overlays.faces, truth[FACE], 4)
        assert covers(after.overlays.faces, chin[None])


@needs_shared
def test_the_dancers_face_is_blurred_in_every_frame(lightning: PoseModel, tmp_path: Path) -> None:
    """The skin of the face is gone: what is left of it is smooth, wherever the head turns."""
    step = FaceRegions()
    with open_source(str(DANCE)) as source:
        for number, frame in enumerate(source):
            poses = lightning.estimate(
                frame.pixels, lightning.full_frame_region(frame.width_px, frame.height_px)
            )
            after = step(replace(posed(frame.pixels, time_s=frame.time_s), detections=poses))
            if number % 12:
                continue
            faces = after.overlays.faces
            assert covers(faces, poses.xy[0, FACE][poses.score[0, FACE] > 0.3], 3)
            assert (faces[:, 2] < 0.15 * frame.height_px).all()
            x, y, radius = (int(value) for value in faces[0])
            inside = np.s_[
                max(0, y - radius // 2) : y + radius // 2, max(0, x - radius // 2) : x + radius // 2
            ]
            was, now = (
                picture.planes[0][inside] for picture in (frame.pixels, paint(after).pixels)
            )
            assert detail(now) < 0.4 * detail(was)


def detail(luma: UInt8Array) -> float:
    """Return the mean difference of pixels from the mean of those beside them."""
    values = luma.astype(float)
    return float(np.abs(values[:, 1:-1] - (values[:, 2:] + values[:, :-2]) / 2).mean())
