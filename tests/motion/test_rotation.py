"""Which way up the network sees people, and where one scene ends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livepose import Estimator, Frame, load_model, open_source
from livepose.core.arrays import UInt8Array
from livepose.core.frame import PosedFrame
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion.rotation import AutoRotation, FixedRotation, Rotation
from livepose.motion.scene_cuts import SceneCutDetector
from tests.support.fakes import PictureModel, one_person
from tests.support.needs import DANCE, SHARED, needs_shared

RATE = 30.0


def posed(number: int, score: float, quarter_turns: int = 0) -> PosedFrame:
    frame = Frame.from_bgr(np.zeros((48, 64, 3), np.uint8), number, number / RATE)
    region = replace(Region.letterbox(64, 48), quarter_turns=quarter_turns)
    poses = one_person((32, 24), score)
    return PosedFrame(frame, poses, region, 0.0, detections=poses)


def test_a_fixed_turn_stays() -> None:
    turning = FixedRotation(3)
    assert turning.initial == Rotation(3, 3)
    assert turning.next_rotation(posed(0, 0.1)) == Rotation(3, 3)


def test_who_scores_well_is_never_turned() -> None:
    turning = AutoRotation()
    assert {turning.next_rotation(posed(number, 0.7)) for number in range(90)} == {Rotation(0, 0)}


def test_after_a_poor_while_each_other_turn_is_tried_once_and_then_there_is_a_rest() -> None:
    turning = AutoRotation()
    turns = [turning.next_rotation(posed(number, 0.5)) for number in range(130)]
    trials = [(number, turn.alternative) for number, turn in enumerate(turns) if turn.alternative]
    assert {trial for _, trial in trials[:3]} == {1, 2, 3}
    assert [number for number, _ in trials[:3]] == [22, 23, 24]
    assert trials[3][0] - trials[2][0] > 60  # 2 s and 0.7 s
    assert {turn.quarter_turns for turn in turns} == {0}


def test_a_trial_that_won_is_kept_and_what_was_under_way_does_not_undo_it() -> None:
    turning = AutoRotation()
    for number in range(24):
        turning.next_rotation(posed(number, 0.5))
    assert turning.next_rotation(posed(24, 0.8, quarter_turns=2)).quarter_turns == 2
    assert turning.next_rotation(posed(25, 0.5, quarter_turns=0)).quarter_turns == 2
    assert turning.next_rotation(posed(26, 0.8, quarter_turns=2)) == Rotation(2, 2)


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
def test_the_turn_that_scores_best_is_found_and_costs_three_looks(
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
    assert len(model.asked) <= 43


@needs_shared
def test_a_dancer_on_their_head_is_seen_as_well_as_on_their_feet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(SHARED / "tfhub"))
    with load_model("lightning") as model, open_source(DANCE) as source:
        plain = Estimator(model, steps=())
        turned = Estimator(model, steps=(), rotation=AutoRotation())
        away_px = []
        for frame, _ in zip(source, range(70), strict=False):
            upside_down = Frame.from_bgr(
                np.ascontiguousarray(frame.bgr[::-1, ::-1]), frame.index, frame.time_s
            )
            truth, found = plain(frame).poses.xy, turned(upside_down).poses.xy
            away_px.append(np.linalg.norm((384, 496) - found - truth, axis=-1).mean())
    assert np.mean(away_px[10:20]) > 10  # not tried yet
    assert np.mean(away_px[-20:]) < 2


def picture(seed: int) -> UInt8Array:
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return np.kron(small, np.ones((40, 40, 1), np.uint8))


def test_another_picture_is_a_cut_and_a_flash_or_noise_is_none() -> None:
    cuts = SceneCutDetector()
    noise = np.random.default_rng(1).normal(0, 10, (240, 320, 3))
    pictures = {
        "first": picture(0),
        "same": picture(0),
        "noisy": np.clip(picture(0) + noise, 0, 255).astype(np.uint8),
        "brighter": np.clip(picture(0).astype(int) // 2 + 120, 0, 255).astype(np.uint8),
        "other": picture(1),
        "same other": picture(1),
    }
    begun = [
        name
        for number, (name, bgr) in enumerate(pictures.items())
        if cuts.is_scene_start(Frame.from_bgr(bgr, number, number / RATE))
    ]
    assert begun == ["first", "other"]


def test_a_leap_in_time_and_another_size_are_cuts() -> None:
    cuts = SceneCutDetector()
    times_s = (0.0, 0.1, 1.0, 5.0, 5.1, 0.2, 0.3)
    begun = [cuts.is_scene_start(Frame.from_bgr(picture(0), n, t)) for n, t in enumerate(times_s)]
    assert begun == [True, False, False, True, False, True, False]
    assert cuts.is_scene_start(Frame.from_bgr(picture(0)[:200], 9, 0.4))


@needs_shared
@pytest.mark.parametrize("clip", ["dance.mp4", "one_by_one.mp4"])
def test_a_film_without_cuts_has_none(clip: str) -> None:
    cuts = SceneCutDetector()
    with open_source(SHARED / "clips" / clip) as source:
        begun = [frame.index for frame in source if cuts.is_scene_start(frame)]
    assert begun == [0]
