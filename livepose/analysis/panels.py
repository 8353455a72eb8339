"""Panels: counters and curves over the frame, in corners where they hide no face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from livepose.analysis.curve_history import CurveHistory
from livepose.analysis.repetition_rules import RepetitionRule, rule_labels
from livepose.core.angles import degrees_text
from livepose.core.arrays import FloatArray
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.panels import MAX_COUNTERS, MAX_ROWS, Corner, CounterPanel, CurvePanel, Rectangle
from livepose.core.poses import Poses

_FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
_MIN_SCORE = 0.2
_HEAD = 0.16
"""How far a head reaches around its keypoints, over the height of the body."""
_FACE_WEIGHT, _PANEL_WEIGHT = 1e9, 1000.0
"""What it costs to hide a face, or another panel, over hiding as much of the body."""


class Panels(MotionStep):
    """Put counters and curves into corners; stands behind the steps that measure and count.

    The corners are those that hide least of the people where these are first seen. They stay until
    they would hide a face, and another choice would hide less of it.
    """

    def __init__(self, rules: Sequence[RepetitionRule], curves: CurveHistory | None) -> None:
        """Choose what is shown.

        Args:
            rules: Those of the counters, of which the first four are shown; no counter if empty.
            curves: What remembers the angles that are drawn; None for no curves.
        """
        self._labels = {
            str(rule): label for rule, label in zip(rules, rule_labels(rules), strict=True)
        }
        for name in tuple(self._labels)[MAX_COUNTERS:]:
            del self._labels[name]
        self._curves = curves
        self._corners: tuple[Corner, Corner] | None = None

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        """Return the frame with its panels."""
        counter = self._counter(posed) if self._labels else None
        curves = None if self._curves is None else self._curves.panel(posed)
        at_counter, at_curves = self._choose(posed, counter, curves)
        return replace(
            posed,
            overlays=replace(
                posed.overlays,
                counter=None if counter is None else replace(counter, corner=at_counter),
                curves=None if curves is None else replace(curves, corner=at_curves),
            ),
        )

    def keep_all(self) -> None:
        """Keep the curves of all frames, for a clip that is watched in any order: `at_position`."""
        if self._curves is not None:
            self._curves.keep_all()

    def forget(self) -> None:
        """Forget the curves, as the frames will be seen again."""
        if self._curves is not None:
            self._curves.forget()

    def at_position(self, posed: PosedFrame) -> PosedFrame:
        """Return a frame of a clip that is watched in any order, with what is known by now.

        Args:
            posed: With the panels that it got when it was analysed, and with the repetitions that
                were done by its time.
        """
        counter, curves = posed.overlays.counter, posed.overlays.curves
        if counter is not None:
            counter = replace(self._counter(posed), corner=counter.corner)
        known = None if self._curves is None else self._curves.panel_at(posed.frame.time_s)
        if curves is not None and known is not None:
            curves = replace(known, corner=curves.corner)
        return replace(posed, overlays=replace(posed.overlays, counter=counter, curves=curves))

    def reset(self) -> None:
        """Choose the corners anew: people are elsewhere after a cut."""
        self._corners = None

    def _counter(self, posed: PosedFrame) -> CounterPanel:
        own = [each for each in posed.repetitions if each.rule in self._labels]
        counts = tuple(
            (label, sum(each.rule == name for each in own)) for name, label in self._labels.items()
        )
        last = sorted(own, key=lambda each: each.back_s)[-MAX_ROWS:]
        rows = tuple(
            (
                *((_abbreviated(self._labels[each.rule]),) if len(counts) > 1 else ()),
                str(each.number),
                f"{each.start_s:.1f} s",
                f"{each.time_over_threshold_s:.2f} s",
                degrees_text(each.peak_deg),
            )
            for each in last
        )
        return CounterPanel(counts, rows)

    def _choose(
        self, posed: PosedFrame, counter: CounterPanel | None, curves: CurvePanel | None
    ) -> tuple[Corner, Corner]:
        """Return the corner of the counter and that of the curves."""
        frame_px = posed.frame.width_px, posed.frame.height_px
        seen = Poses.visible(posed.poses, _MIN_SCORE)
        faces = _boxes(posed.poses, seen, faces_only=True)
        usual = (Corner.TOP_LEFT, Corner.BOTTOM_RIGHT)
        if self._corners is not None:
            shown = _rectangles(self._corners, counter, curves, frame_px)
            if not _hidden(shown, faces):
                return self._corners
        elif not len(faces):
            return usual
        bodies = _boxes(posed.poses, seen, faces_only=False)
        choices = [usual, *product(Corner, Corner)]
        costs = []
        for choice in choices:
            places = _rectangles(choice, counter, curves, frame_px)
            both = _overlap(places[0], places[1]) if len(places) == 2 else 0.0
            hidden = _FACE_WEIGHT * _hidden(places, faces) + _hidden(places, bodies)
            costs.append(_PANEL_WEIGHT * both + hidden)
        self._corners = choices[int(np.argmin(costs))]
        return self._corners


def _abbreviated(label: str) -> str:
    """Return `R knee >90` for `right_knee:>90`."""
    short = label.replace("left_", "L ").replace("right_", "R ")
    return short.replace("_", " ").replace(":", " ")


def _rectangles(
    corners: tuple[Corner, Corner],
    counter: CounterPanel | None,
    curves: CurvePanel | None,
    frame_px: tuple[int, int],
) -> list[Rectangle]:
    """Return where the panels are that are shown."""
    shown = []
    if counter is not None:
        shown.append(corners[0].rectangle(frame_px, counter.size_px(frame_px)))
    if curves is not None:
        shown.append(corners[1].rectangle(frame_px, curves.size_px(frame_px)))
    return shown


def _boxes(poses: Poses, seen: np.ndarray, *, faces_only: bool) -> FloatArray:
    """Return boxes around the faces or the bodies that are seen: (M, 4)."""
    names = [name for name in _FACE if name in poses.skeleton]
    columns = [poses.skeleton.index(name) for name in names] if faces_only else slice(None)
    xy, is_seen = poses.xy[:, columns], seen[:, columns]
    boxes = []
    for person, (points, flags) in enumerate(zip(xy, is_seen, strict=True)):
        if flags.any():
            low, high = points[flags].min(axis=0), points[flags].max(axis=0)
            left, top, right, bottom = poses.box[person].tolist()
            around = _HEAD * max(right - left, bottom - top) / 2 if faces_only else 0.0
            boxes.append((*(low - around), *(high + around)))
    return np.array(boxes, np.float32).reshape(-1, 4)


def _hidden(panels: Sequence[Rectangle], boxes: FloatArray) -> float:
    """Return how much of some boxes some panels hide, each as a share of the box, in all."""
    total = 0.0
    for left, top, right, bottom in boxes.tolist():
        area = max((right - left) * (bottom - top), 1.0)
        total += sum(_overlap(panel, (left, top, right, bottom)) for panel in panels) / area
    return total


def _overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the area that two rectangles share."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0.0) * max(height, 0.0)
