"""Compare smoothing filters: jitter while a figure stands, error and lag while it dances.

    python scripts/smoothing_table.py [--model NAME] [--seconds S]

The figure is the demo's, 640 x 480 at 30 fps, with the noise of a sensor. Jitter is the RMS way of
a keypoint from frame to frame while the figure stands still, spread the RMS distance from its mean.
The error is the mean distance of all keypoints from the truth while it dances; the lag is the shift
in time at which the truth fits the wrists best.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from livepose import Estimator, load_model
from livepose.core.frame import Frame, PosedFrame
from livepose.core.skeleton import Keypoint
from livepose.motion.smoothing.butterworth import Butterworth
from livepose.motion.smoothing.one_euro import OneEuro
from livepose.sources.synthetic.source import SyntheticSource

Track = npt.NDArray[np.float64]
Filter = Callable[[list[PosedFrame]], Track]
WIDTH_PX, HEIGHT_PX, FRAME_RATE = 640, 480, 30
STANDING_NOISE, DANCING_NOISE = (6.0, 8.0, 10.0), 6.0
SETTLED = 30
"""Frames until a filter has settled."""
WRISTS = [Keypoint.LEFT_WRIST, Keypoint.RIGHT_WRIST]


def find(model_name: str, times_s: Track, noise: float) -> list[PosedFrame]:
    """Find the figure at these moments of its dance, in noisy frames at the frame rate."""
    source = SyntheticSource(WIDTH_PX, HEIGHT_PX)
    grain = np.random.default_rng(0)
    posed = []
    with load_model(model_name) as model:
        estimator = Estimator(model, steps=())
        for index, time_s in enumerate(times_s):
            bgr = source.paint(float(time_s))
            bgr = np.clip(np.rint(bgr + grain.normal(0, noise, bgr.shape)), 0, 255).astype(np.uint8)
            posed.append(estimator(Frame.from_bgr(bgr, index, index / FRAME_RATE)))
    return [each for each in posed if len(each.poses) == 1]


def raw(posed: list[PosedFrame]) -> Track:
    """Return the keypoints as they are: (T, 17, 2) pixels."""
    return np.stack([each.poses.xy[0] for each in posed]).astype(np.float64)


def tfjs(posed: list[PosedFrame]) -> Track:
    """Smooth with a One Euro filter that has the parameters and units of tfjs-models."""

    def alpha(cutoff_hz: Track) -> Track:
        return np.asarray(1 / (1 + FRAME_RATE / (2 * np.pi * cutoff_hz)))

    found = raw(posed) / (WIDTH_PX, HEIGHT_PX)
    smooth, speed, given = found[0], np.zeros_like(found[0]), [found[0]]
    for before, here in itertools.pairwise(found):
        speed = speed + alpha(np.array(2.5)) * ((here - before) * FRAME_RATE - speed)
        limit = 0.5 + 5 * np.abs(speed)
        step = limit * np.arcsinh((here - smooth) / limit)
        smooth = smooth + alpha(2.5 + 300 * np.abs(speed)) * step
        given.append(smooth)
    return np.stack(given) * (WIDTH_PX, HEIGHT_PX)


def one_euro(posed: list[PosedFrame]) -> Track:
    """Smooth as livepose does for frames that are shown at once."""
    step = OneEuro()
    return raw([step(each) for each in posed])


def butterworth(posed: list[PosedFrame]) -> Track:
    """Smooth as livepose can do for files."""
    smoother = Butterworth()
    finished = [done for each in posed for done in smoother.push(each)]
    return raw(finished + smoother.flush())


FILTERS: dict[str, Filter] = {
    "raw": raw,
    "One Euro, tfjs's parameters": tfjs,
    "One Euro": one_euro,
    "Butterworth": butterworth,
}


def rms_px(off: Track) -> float:
    return float(np.sqrt((off**2).sum(axis=-1).mean()))


def jitter_px(way: Track) -> float:
    return rms_px(np.diff(way, axis=0))


def spread_px(way: Track) -> float:
    return rms_px(way - way.mean(axis=0))


def mean_px(off: Track) -> float:
    return float(np.linalg.norm(off, axis=-1).mean())


def lag_ms(smooth: Track, truth: Track) -> float:
    """Return the delay of the truth that fits best, apart from a constant offset."""
    frames = np.arange(len(truth))
    columns = truth[:, WRISTS].reshape(len(truth), -1)
    wrists = smooth[:, WRISTS].reshape(len(truth), -1)
    shifts = np.arange(-2, 6, 0.05)
    errors = []
    for shift in shifts:
        late = np.stack([np.interp(frames - shift, frames, column) for column in columns.T], axis=1)
        off = (wrists - late)[6:-6]
        errors.append(np.abs(off - off.mean(axis=0)).mean())
    return float(shifts[int(np.argmin(errors))]) * 1000 / FRAME_RATE


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="compare smoothing filters")
    parser.add_argument("--model", default="lightning")
    parser.add_argument("--seconds", type=float, default=8.0)
    options = parser.parse_args()
    count = round(options.seconds * FRAME_RATE)
    still = [find(options.model, np.zeros(count), noise) for noise in STANDING_NOISE]
    dances = []
    for pace in (1, 2):
        times_s = pace * np.arange(count) / FRAME_RATE
        posed = find(options.model, times_s, DANCING_NOISE)
        source = SyntheticSource(WIDTH_PX, HEIGHT_PX)
        moments = [pace * each.frame.time_s for each in posed]
        truth = np.stack([source.truth(time_s).xy[0] for time_s in moments]).astype(np.float64)
        dances.append((posed, truth))
    noises = ", ".join(f"{noise:g}" for noise in STANDING_NOISE)
    print(f"Standing at noise {noises}; dancing, and at twice the speed, at {DANCING_NOISE:g}.\n")
    print("| filter | jitter px | of raw | spread px | of raw | error px | added | lag ms |")
    print("|---|---|---|---|---|---|---|---|")
    for name, smooth in FILTERS.items():
        print(f"| {name} | {' | '.join(standing(smooth, still) + dancing(smooth, dances))} |")


def standing(smooth: Filter, still: list[list[PosedFrame]]) -> list[str]:
    """Return the cells of jitter and spread, in pixels and as a share of the raw ones."""
    cells = []
    for measure in (jitter_px, spread_px):
        after = [measure(smooth(posed)[SETTLED:]) for posed in still]
        before = [measure(raw(posed)[SETTLED:]) for posed in still]
        cells.append(", ".join(f"{px:.2f}" for px in after))
        cells.append(", ".join(f"{a / b:.0%}" for a, b in zip(after, before, strict=True)))
    return cells


def dancing(smooth: Filter, dances: list[tuple[list[PosedFrame], Track]]) -> list[str]:
    """Return the cells of the error, how much of it is added, and the lag, at each pace."""
    after = [mean_px(smooth(posed) - truth) for posed, truth in dances]
    before = [mean_px(raw(posed) - truth) for posed, truth in dances]
    return [
        ", ".join(f"{px:.2f}" for px in after),
        ", ".join(f"{a - b:+.2f}" for a, b in zip(after, before, strict=True)),
        ", ".join(f"{lag_ms(smooth(posed), truth):.0f}" for posed, truth in dances),
    ]


if __name__ == "__main__":
    main()
