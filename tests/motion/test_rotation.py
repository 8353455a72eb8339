"""Rotation: which way up the network sees people, and when another way is tried."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livepose import Estimator, Frame, load_model, open_source
from livepose.core.frame import PosedFrame
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion.rotation import AutoRotation, FixedRotation, Rotation
from tests.support.fakes import PictureModel, one_person
from tests.support.models import warm_cache
from tests.support.needs import DANCE, needs_shared

RATE = 30.0


def posed(number: int, score: float, quarter_turns: int = 0) -> PosedFrame:
    frame = Frame.from_bgr(np.zeros((48, 64, 3), np.uint8), number, number / RATE)
    region = replace(Region.letterbox(64, 48), quarter_turns=quarter_turns)
    poses = one_person((32, 24), score)
    return PosedFrame(frame, poses, region, 0.0, detections=poses)


def test_a_fixed_rotation_never_changes() -> None:
    policy = FixedRotation(3)
    assert policy.initial == Rotation(3, 3)
    assert policy.next_rotation(posed(0, 0.1)) == Rotation(3, 3)


def test_a_person_who_scores_well_is_never_rotated() -> None:
    policy = AutoRotation()
    assert {policy.next_rotation(posed(number, 0.7)) for number in range(90)} == {Rotation(0, 0)}


def test_after_low_scores_each_other_rotation_is_tried_once_followed_by_a_rest() -> None:
    policy = AutoRotation()
    rotations = [policy.next_rotation(posed(number, 0.5)) for number in range(130)]
    trials = [
        (number, rotation.alternative)
        for number, rotation in enumerate(rotations)
        if rotation.alternative
    ]
    assert {trial for _, trial in trials[:3]} == {1, 2, 3}
    assert [number for number, _ in trials[:3]] == [22, 23, 24]
    assert trials[3][0] - trials[2][0] > 60  # 2 s and 0.7 s
    assert {rotation.quarter_turns for rotation in rotations} == {0}


def test_a_winning_trial_is_kept_and_frames_in_flight_do_not_undo_it() -> None:
    policy = AutoRotation()
    for number in range(24):
        policy.next_rotation(posed(number, 0.5))
    assert policy.next_rotation(posed(24, 0.8, quarter_turns=2)).quarter_turns == 2
    assert policy.next_rotation(posed(25, 0.5, quarter_turns=0)).quarter_turns == 2
    assert policy.next_rotation(posed(26, 0.8, quarter_turns=2)) == Rotation(2, 2)


class Upright(PictureModel):
    """Scores well where the picture's brightest row is at the top of what it is shown."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    @property
    def name(self) -> str:
        return "upright"

    @property
    def max_people(self) -> int:
        return 1

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        return Region.letterbox(width_px, height_px)

    def find(self, pixels: Pixels, region: Region) -> Poses:
        self.asked.append(region.quarter_turns)
        shown = np.rot90(pixels.bgr()[..., 0], region.quarter_turns)
        is_upright = shown[0].mean() > shown.mean() + 50
        return one_person((32, 24), 0.8 if is_upright else 0.5)

    def close(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize("in_flight", [1, 2])
def test_the_best_rotation_is_found_with_three_more_runs_of_the_network(
    quarters: int, in_flight: int
) -> None:
    upright = np.zeros((64, 64, 3), np.uint8)
    upright[0] = 255
    picture = np.ascontiguousarray(np.rot90(upright, -quarters))
    model = Upright()
    estimator = Estimator(model, steps=(), rotation=AutoRotation(), in_flight=in_flight)
    results = [estimator(Frame.from_bgr(picture, n, n / RATE)) for n in range(40)]
    assert results[-1].region.quarter_turns == quarters
    assert results[-1].poses.person_score[0] == pytest.approx(0.8)
    second_looks = in_flight  # at the first frames
    assert len(model.asked) - second_looks <= 43


@needs_shared
def test_an_upside_down_dancer_is_found_as_well_as_an_upright_one(
    tmp_path_factory: pytest.TempPathFactory, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))
    with load_model("lightning", runtime="litert") as model, open_source(DANCE) as source:
        plain = Estimator(model, steps=())
        rotated = Estimator(model, steps=(), rotation=AutoRotation())
        away_px = []
        for frame, _ in zip(source, range(70), strict=False):
            upside_down = Frame.from_bgr(
                np.ascontiguousarray(frame.bgr[::-1, ::-1]), frame.index, frame.time_s
            )
            truth, found = plain(frame).poses.xy, rotated(upside_down).poses.xy
            away_px.append(np.linalg.norm((384, 496) - found - truth, axis=-1).mean())
    assert np.mean(away_px[10:20]) > 10  # not tried yet
    assert np.mean(away_px[-20:]) < 2
