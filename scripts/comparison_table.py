"""How `livepose compare` scores takes that are alike and others, and how well it aligns them.

    python scripts/comparison_table.py

The takes are the true poses of the built-in scenes: as they are, delayed, slowed, at a tempo that
wanders, with noise, smaller. The error is that of the moment of B that is found for each of A.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from livepose.analysis.comparison.alignment import align
from livepose.analysis.comparison.difference import Comparison, measure_difference
from livepose.analysis.comparison.take import Take, make_take
from livepose.core.arrays import Float64Array
from livepose.sources.synthetic.source import SyntheticSource

RATE = 30
SECONDS = {
    "dance": 12.0,
    "walk": 8.4,
    "crossing": 14.0,
    "visitors": 30.0,
    "passer-by": 12.0,
    "stand": 10.0,
    "bends": 25.0,
    "crowd": 20.0,
}
SAME_MOVEMENT = ({"dance", "passer-by"}, {"walk", "crossing", "visitors", "crowd"})
"""Scenes that may be alike: they show the same dance, and the same walk."""
Clock = Callable[[Float64Array], Float64Array]


@dataclass(frozen=True, slots=True)
class Variant:
    """Another take of the same scene."""

    name: str
    to_scene_s: Clock
    """From the times of the take to those of the scene."""
    noise_px: float = 0.0
    scale: float = 1.0


VARIANTS = (
    Variant("itself", lambda time_s: time_s),
    Variant("waits for 2 s", lambda time_s: np.maximum(time_s - 2, 0)),
    Variant("begins 1.5 s later", lambda time_s: time_s + 1.5),
    Variant("slowed by 20 %", lambda time_s: 0.8 * time_s),
    Variant(
        "tempo wanders, noise of 3 px",
        lambda time_s: time_s + 0.35 * np.sin(2 * np.pi * time_s / 5),
        noise_px=3.0,
    ),
    Variant("scaled by 0.7", lambda time_s: time_s, scale=0.7),
    Variant(
        "all of it",
        lambda time_s: 0.9 * time_s + 0.6 * np.sin(2 * np.pi * time_s / 9),
        noise_px=3.0,
        scale=0.7,
    ),
)


def take_of(scene: str, variant: Variant, seconds: float) -> Take:
    """Return a take of a scene."""
    source, random = SyntheticSource(scene=scene), np.random.default_rng(1)
    times = np.arange(round(seconds * RATE)) / RATE
    frames = []
    for time_s, scene_s in zip(times.tolist(), variant.to_scene_s(times).tolist(), strict=True):
        poses = source.truth(scene_s)
        noise = random.normal(0.0, 1.0, poses.xy.shape) * variant.noise_px
        xy = ((poses.xy + noise) * variant.scale).astype(np.float32)
        frames.append((time_s, replace(poses, xy=xy, raw_xy=xy)))
    return make_take(frames)


def compared(a: Take, b: Take) -> Comparison:
    return measure_difference(a, b, align(a, b))


def main() -> None:
    """Print both tables."""
    plain = {scene: take_of(scene, VARIANTS[0], length) for scene, length in SECONDS.items()}
    print("| take | scene | score | median error | 95 % |\n|---|---|---|---|---|")
    for variant, scene in itertools.product(VARIANTS, ("dance", "bends", "walk")):
        take = take_of(scene, variant, SECONDS[scene])
        alignment = align(plain[scene], take)
        score = measure_difference(plain[scene], take, alignment).score
        error_ms = 1000 * np.abs(variant.to_scene_s(alignment.b_s) - alignment.a_s)
        middle, high = np.percentile(error_ms, (50, 95))
        print(f"| {variant.name} | {scene} | {score:.1f} | {middle:.0f} ms | {high:.0f} ms |")
    print("\n| A | B | score | shows |\n|---|---|---|---|")
    for a, b in itertools.permutations(plain, 2):
        score = compared(plain[a], plain[b]).score
        is_same = any({a, b} <= scenes for scenes in SAME_MOVEMENT)
        print(f"| {a} | {b} | {score:.0f} | {'the same movement' if is_same else 'another one'} |")
        assert is_same or score < 60, f"{a} and {b} are too much alike"


if __name__ == "__main__":
    main()
