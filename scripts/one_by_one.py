"""Count the frames with and without people in a clip, and write sheets of frames to inspect.

    python scripts/one_by_one.py CLIP [--models lightning thunder multipose] [--sheets FOLDER]

A visit is a run of frames with at least one person; gaps of up to `GAP_S` do not end it. For each
model there are two sheets: twenty frames spread over the clip, and those at the edges of the visits
(the last without and the first with a person, and vice versa). The frames look as in the window;
each is marked with its number and with how many people are in it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from livepose import Estimator, load_model, open_source
from livepose.core.arrays import UInt8Array
from livepose.core.frame import PosedFrame
from livepose.draw import Style, paint

GAP_S = 0.3
SHOWN = 20
ACROSS, TILE_WIDTH_PX = 4, 400


@dataclass(frozen=True, slots=True)
class Visit:
    """A run of frames with people, given by its first and last frame."""

    first: int
    last: int


def main() -> None:
    """Print the visits of each model, and write the sheets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--models", nargs="+", default=["lightning", "thunder", "multipose"])
    parser.add_argument("--sheets", type=Path)
    options = parser.parse_args()
    for name in options.models:
        counts, rate = people_in(options.clip, name)
        visits = visits_of(counts, max(1, round(GAP_S * rate)))
        there = np.count_nonzero(counts)
        print(f"\n{name}: {len(counts)} frames, {there} with people, {len(counts) - there} without")
        for visit in visits:
            missed = counts[visit.first : visit.last + 1].count(0)
            print(f"  frames {visit.first} to {visit.last}, {missed} of them without")
        if options.sheets is not None:
            options.sheets.mkdir(parents=True, exist_ok=True)
            spread = np.linspace(0, len(counts) - 1, SHOWN).round().astype(int).tolist()
            edges = [n for v in visits for n in (v.first - 1, v.first, v.last, v.last + 1)]
            tiles = tiles_of(options.clip, name, {*spread, *edges})
            for kind, shown in (("spread", spread), ("edges", edges)):
                path = options.sheets / f"{options.clip.stem}-{name}-{kind}.png"
                write_sheet(path, [tiles[number] for number in shown if number in tiles])
    print(f"\nload average of the machine: {' '.join(f'{load:.1f}' for load in os.getloadavg())}")


def people_in(clip: Path, name: str) -> tuple[list[int], float]:
    """Return the number of people in each frame, and the frame rate."""
    with open_source(clip) as source, load_model(name) as model:
        rate = float(source.info.frame_rate or 30)
        return [len(posed.poses) for posed in map(Estimator(model), source)], rate


def visits_of(counts: Sequence[int], gap: int) -> list[Visit]:
    """Return the visits, joined over gaps of up to `gap` frames."""
    there = np.flatnonzero(np.array(counts) > 0)
    if not len(there):
        return []
    parts = np.split(there, np.flatnonzero(np.diff(there) > gap + 1) + 1)
    return [Visit(int(part[0]), int(part[-1])) for part in parts]


def tiles_of(clip: Path, name: str, shown: Container[int]) -> dict[int, UInt8Array]:
    """Run again, and return the painted tiles of the chosen frames, by number."""
    with open_source(clip) as source, load_model(name) as model:
        all_posed = map(Estimator(model), source)
        return {p.frame.index: tile(p) for p in all_posed if p.frame.index in shown}


def write_sheet(path: Path, tiles: list[UInt8Array]) -> None:
    """Write tiles as one image, row by row."""
    tiles = tiles + [np.zeros_like(tiles[0])] * (-len(tiles) % ACROSS)
    rows = [np.hstack(tiles[i : i + ACROSS]) for i in range(0, len(tiles), ACROSS)]
    _, encoded = cv2.imencode(".png", np.vstack(rows))
    path.write_bytes(encoded.tobytes())
    print(f"  {path}")


def tile(posed: PosedFrame) -> UInt8Array:
    """Paint a frame, scale it down, and write its number and how many people are in it."""
    bgr = paint(posed, Style(boxes=True)).bgr
    height_px = round(TILE_WIDTH_PX * bgr.shape[0] / bgr.shape[1])
    small = cv2.resize(bgr, (TILE_WIDTH_PX, height_px), interpolation=cv2.INTER_AREA)
    text = f"{posed.frame.index}: {len(posed.poses)}"
    for color, width_px in (((0, 0, 0), 4), ((255, 255, 255), 1)):
        cv2.putText(small, text, (8, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.7, color, width_px)
    return np.asarray(small, np.uint8)


if __name__ == "__main__":
    main()
