"""Regions that may hold a face: found, held while they are lost, and forgotten."""

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
from livepose.core.skeleton import Keypoint
from livepose.draw import paint
from livepose.models import load_model
from livepose.motion.face_regions import HOLD_S, FaceRegions
from livepose.sources import open_source
from livepose.sources.synthetic.dance import LOOP_S
from livepose.sources.synthetic.source import SyntheticSource
from tests.support.fakes import demo_keypoints
from tests.support.models import warm_cache
from tests.support.needs import DANCE, TFHUB, needs_shared
from tests.support.painting import (
    grey_pixels,
    people,
    posed,
)


def found(poses: Poses, time_s: float = 0.0, shown: Poses | None = None) -> PosedFrame:
    return replace(posed(grey_pixels(), shown, time_s=time_s), detections=poses)


def covers(faces: FloatArray, points: FloatArray, margin_px: float = 0.0) -> bool:
    """Return whether each point is in one of the discs."""
    away = np.linalg.norm(points[:, None] - faces[None, :, :2], axis=2)
    return bool((away + margin_px <= faces[:, 2]).any(axis=1).all())


def test_the_face_of_everybody_is_found_who_is_shown_or_only_suspected() -> None:
    places = [
        demo_keypoints(320, 240),
        demo_keypoints(320, 240) + np.float32(90),
        demo_keypoints(320, 240) - np.float32(90),
    ]
    suspects = people(places[1], score=0.08)
    noise = people(places[2], score=0.04)
    both = replace(
        found(suspects, shown=people(places[0], ids=(1,))), detections=_joined(suspects, noise)
    )
    faces = FaceRegions()(both).overlays.faces
    assert covers(faces, places[0][:5], 5) and covers(faces, places[1][:5], 5)
    assert not covers(faces, places[2][:1])


def _joined(*poses: Poses) -> Poses:
    xy = np.concatenate([one.xy for one in poses])
    return Poses.from_keypoints(xy, np.concatenate([one.score for one in poses]))


def test_one_face_is_one_disc_of_the_size_of_a_head_however_often_it_is_found() -> None:
    xy = demo_keypoints(640, 480)
    once = people(xy)
    for shown in (once, people((xy + 2).astype(np.float32), ids=(1,))):
        (face,) = FaceRegions()(found(once, shown=shown)).overlays.faces
        ears_px = np.linalg.norm(xy[3] - xy[4])
        assert 0.9 * ears_px < face[2] < 1.5 * ears_px


@pytest.mark.parametrize("turned", ["away", "aside"])
def test_where_the_face_is_not_seen_the_head_above_the_shoulders_is_hidden(turned: str) -> None:
    xy = demo_keypoints(640, 480).copy()
    truth = xy[:5].copy()
    score = np.full((1, 17), 0.9, np.float32)
    if turned == "away":
        score[0, :5] = 0.1
        xy[:5] = (xy[5] + xy[6]) / 2  # anywhere
    else:
        score[0, [0, 1, 2, 3]] = 0.25
        xy[:4] = xy[4]
        truth = truth[[0, 2, 4]]
    faces = FaceRegions()(found(Poses.from_keypoints(xy[None], score))).overlays.faces
    assert covers(faces, truth, 2)


def test_a_lost_face_stays_hidden_as_it_moved_and_grows_and_is_gone_in_the_end() -> None:
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


def test_a_reset_and_a_step_back_in_time_forget_all_faces() -> None:
    step, somebody = FaceRegions(), people(demo_keypoints(320, 240))
    assert len(step(found(somebody, 1.0)).overlays.faces) == 1
    step.reset()
    assert len(step(found(Poses.empty(), 1.03)).overlays.faces) == 0
    step(found(somebody, 1.1))
    assert len(step(found(Poses.empty(), 0.5)).overlays.faces) == 0


def test_finding_faces_keeps_all_other_marks() -> None:
    marks = Overlays(labels=(Label("1°", Keypoint.LEFT_WRIST, 1.0, 1.0),))
    before = posed(grey_pixels(), people(demo_keypoints(320, 240)), marks)
    after = FaceRegions()(before)
    assert after.overlays.labels == marks.labels
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
def test_the_face_of_the_built_in_figure_is_hidden_at_every_moment(lightning: PoseModel) -> None:
    source, step = SyntheticSource(640, 480), FaceRegions()
    for number in range(int(LOOP_S * 10)):
        pixels = BgrPixels(source.paint(number / 10))
        poses = lightning.estimate(pixels, lightning.full_frame_region(640, 480))
        after = step(replace(posed(pixels, time_s=number / 10), detections=poses))
        face = source.truth(number / 10).xy[0, :5]
        # Ears and eyes are well within, and so is the chin, as far below the nose as that is from
        # the line between the ears, three times.
        chin = face[0] + 2 * (face[0] - face[1:3].mean(axis=0))
        assert covers(after.overlays.faces, face, 4)
        assert covers(after.overlays.faces, chin[None])


@needs_shared
def test_the_dancers_face_is_hidden_in_every_picture(lightning: PoseModel, tmp_path: Path) -> None:
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
            assert covers(faces, poses.xy[0, :5][poses.score[0, :5] > 0.3], 3)
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
