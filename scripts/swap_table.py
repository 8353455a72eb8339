"""Measure the swap guard: legs are swapped in a model's output, on the figure that walks by.

    python scripts/swap_table.py [--longest FRAMES] [--rounds N]

The scene is `walk`, seen from the side, with the noise of a sensor. In bursts of one to `--longest`
frames, 0.6 to 1.4 s apart, hips, knees and ankles are swapped in the model's output, where it was
right, once the walker has been completely in the picture for half a second. "Truth" is a model that
returns the figure's own keypoints with 2 px of noise. A frame is right if knees and ankles lie
closer to their own true places than to each other's; legs are apart where knees or ankles are
farther from each other than a tenth of the body's height.
"""

from __future__ import annotations

import argparse
import itertools
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from livepose import Estimator, load_model
from livepose.core.arrays import FloatArray
from livepose.core.interfaces import PoseModel
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import ModelInput, Region
from livepose.core.skeleton import Keypoint
from livepose.motion.swap_guard import SwapGuard
from livepose.motion.tracking.tracker import Tracker
from livepose.sources.synthetic.source import SyntheticSource

SIZES_PX, RATES = ((640, 480), (1280, 720)), (25, 30, 60)
CAMERA_NOISE, POINT_NOISE_PX, HIDDEN_SCORE = 4.0, 2.0, 0.15
SECONDS, SETTLED_S, PAUSES_S = 16.8, 0.5, (0.6, 1.4)
LEFT_LEG = [Keypoint.LEFT_HIP, Keypoint.LEFT_KNEE, Keypoint.LEFT_ANKLE]
RIGHT_LEG = [Keypoint.RIGHT_HIP, Keypoint.RIGHT_KNEE, Keypoint.RIGHT_ANKLE]
LEGS, OTHER_LEGS = LEFT_LEG + RIGHT_LEG, RIGHT_LEG + LEFT_LEG
LOWER_LEGS, OTHER_LOWER_LEGS = LEFT_LEG[1:] + RIGHT_LEG[1:], RIGHT_LEG[1:] + LEFT_LEG[1:]
APART = 0.1
HEAD = "| model | frames per second | corrected | with legs apart | spoilt | with legs apart |"


class Truth(PoseModel):
    """A model that returns the figure's own keypoints, with noise."""

    def __init__(self, seed: int) -> None:
        self.truth = Poses.empty()
        self._random = np.random.default_rng(seed)

    @property
    def name(self) -> str:
        return "truth"

    @property
    def max_people(self) -> int:
        return 1

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        return Region.letterbox(width_px, height_px)

    def preprocess(self, pixels: Pixels, region: Region) -> ModelInput:
        return ModelInput(pixels.bgr()[None], region)

    def infer(self, model_input: ModelInput) -> Poses:
        truth = self.truth
        noise = self._random.normal(0, POINT_NOISE_PX, truth.xy.shape)
        score = np.where(truth.score > 0, 0.75 * truth.score, HIDDEN_SCORE)
        return Poses.from_keypoints((truth.xy + noise).astype(np.float32), score.astype(np.float32))

    def close(self) -> None:
        """Do nothing: no resource is held."""


class SwappingModel(PoseModel):
    """A model that swaps the legs in chosen frames, where it was right about them."""

    def __init__(self, model: PoseModel) -> None:
        self._model = model
        self.begin(Poses.empty(), wants_swap=False)

    def begin(self, truth: Poses, *, wants_swap: bool) -> None:
        """Set what the next picture shows, and whether its legs are to be swapped."""
        self._truth, self._wants_swap = truth, wants_swap
        self.was_right = self.is_swapped = False

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def max_people(self) -> int:
        return 1

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        return self._model.full_frame_region(width_px, height_px)

    def preprocess(self, pixels: Pixels, region: Region) -> ModelInput:
        return self._model.preprocess(pixels, region)

    def infer(self, model_input: ModelInput) -> Poses:
        poses = self._model.infer(model_input)
        if not len(poses) or not len(self._truth):
            return poses
        self.was_right = is_right(poses.xy[0], self._truth.xy[0])
        self.is_swapped = self._wants_swap and self.was_right
        if not self.is_swapped:
            return poses
        xy, score = poses.xy.copy(), poses.score.copy()
        xy[:, LEGS], score[:, LEGS] = xy[:, OTHER_LEGS], score[:, OTHER_LEGS]
        return replace(poses, xy=xy, raw_xy=xy, score=score)

    def close(self) -> None:
        """Leave the model open: it belongs to the caller."""


def is_right(xy: FloatArray, truth_xy: FloatArray) -> bool:
    """Return whether knees and ankles are closer to their own true places than to the others'."""
    own, others = (
        np.hypot(*(xy[LOWER_LEGS] - truth_xy[joints]).T).sum()
        for joints in (LOWER_LEGS, OTHER_LOWER_LEGS)
    )
    return bool(own < others)


@dataclass
class Tally:
    """What the guard did to the frames that the model had right."""

    swapped: list[tuple[bool, bool]]
    """Of each swapped frame: whether the legs are apart, and whether the result is right."""
    right: list[tuple[bool, bool]]
    """Of each other frame, likewise."""

    def count(self, truth_xy: FloatArray, model: SwappingModel, xy: FloatArray) -> None:
        """Count one frame."""
        ways = truth_xy[LEFT_LEG[1:]] - truth_xy[RIGHT_LEG[1:]]
        is_apart = np.hypot(*ways.T).max() > APART * np.ptp(truth_xy[:, 1])
        result = bool(is_apart), is_right(xy, truth_xy)
        (self.swapped if model.is_swapped else self.right).append(result)

    def row(self) -> str:
        """Return four cells of the table."""
        cells = []
        for name, frames in (("swapped", self.swapped), ("right", self.right)):
            for chosen in (frames, [each for each in frames if each[0]]):
                good = sum(is_good for _, is_good in chosen)
                share = f"{100 * good / max(1, len(chosen)):.1f} %"
                bad = len(chosen) - good
                cells.append(f"{share} of {len(chosen)}" if name == "swapped" else str(bad))
        cells[-2] += f" of {len(self.right)}"
        return " | ".join(cells)


def in_bursts(is_in_view: list[bool], rate: int, longest: int, seed: int) -> set[int]:
    """Return the frames of bursts that begin after the walker has been in view for 0.5 s."""
    random, frames, at = np.random.default_rng(seed), set[int](), 0
    settled = round(SETTLED_S * rate)
    while at < len(is_in_view):
        at += round(random.uniform(*PAUSES_S) * rate)
        length = int(random.integers(1, longest + 1))
        if at >= settled and all(is_in_view[at - settled : at + length]):
            frames |= set(range(at, at + length))
        at += length
    return frames


def walk(model: PoseModel | None, rate: int, longest: int, seed: int, tally: Tally) -> None:
    """Let the figure walk by, twice from each side, in every size, and count the frames."""
    for size_px in SIZES_PX:
        source = SyntheticSource(
            *size_px,
            scene="walk",
            camera_noise=CAMERA_NOISE if model else 0.0,
            frame_rate=Fraction(rate),
            frame_count=round(SECONDS * rate),
        )
        truths = [source.truth(index / rate) for index in range(round(SECONDS * rate))]
        is_in_view = [len(truth) > 0 and bool((truth.score > 0).all()) for truth in truths]
        wanted = in_bursts(is_in_view, rate, longest, seed)
        truth_model = Truth(seed)
        swapping = SwappingModel(model or truth_model)
        estimator = Estimator(swapping, steps=(Tracker(), SwapGuard()))
        for frame, truth in zip(source, truths, strict=True):
            truth_model.truth = truth
            swapping.begin(truth, wants_swap=frame.index in wanted)
            posed = estimator(frame)
            if swapping.was_right and len(posed.poses):
                tally.count(truth.xy[0], swapping, posed.poses.xy[0])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="what the swap guard corrects and spoils")
    parser.add_argument("--longest", type=int, default=6, help="frames of the longest burst")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"{HEAD}\n|---|---|---|---|---|---|")
    with ExitStack() as stack:
        models: dict[str, PoseModel | None] = {"truth": None}
        for name in ("lightning", "thunder"):
            models[name] = stack.enter_context(load_model(name, "litert"))
        for (name, model), rate in itertools.product(models.items(), RATES):
            tally = Tally([], [])
            for seed in range(options.rounds):
                walk(model, rate, options.longest, seed, tally)
            print(f"| {name} | {rate} | {tally.row()} |", flush=True)


if __name__ == "__main__":
    main()
