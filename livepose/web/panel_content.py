"""What a page gets of the panels of a frame: the counter, and the curves of --plot."""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import BoolArray, Float64Array, FloatArray
from livepose.core.panels import MAX_PLOTS, CounterPanel, CurvePanel, plots_of

_MAX_SAMPLES, _MAX_BINS = 300, 120
"""More of them than pixels cannot be seen, and are sent with each frame."""


def counter_content(
    panel: CounterPanel, frame_px: tuple[int, int], *, is_mirrored: bool
) -> dict[str, object]:
    """Return how a counter is drawn; places are in pixels of the frame as it is seen.

    Args:
        panel: The counter.
        frame_px: Width and height of the frame.
        is_mirrored: Whether the frame is mirrored: panels then change sides.

    >>> panel = CounterPanel((("right_knee:>90", 3),))
    >>> content = counter_content(panel, (640, 480), is_mirrored=True)
    >>> content["counts"], content["rectangle"][2], content["digit_px"] >= 480 / 8
    ([('right knee >90', 3)], 630, True)
    """
    corner = panel.corner.mirrored if is_mirrored else panel.corner
    return {
        "rectangle": corner.rectangle(frame_px, panel.size_px(frame_px)),
        "is_top": corner.is_top,
        "digit_px": panel.digit_px(frame_px),
        "label_px": panel.label_px(frame_px),
        "columns": panel.grid(frame_px)[0],
        "counts": [
            (label.replace("_", " ").replace(":", " "), count) for label, count in panel.counts
        ],
        "table": [panel.columns, *panel.rows] if panel.rows else [],
    }


def curves_content(panel: CurvePanel) -> dict[str, object]:
    """Return what curves are drawn of: the last ten seconds, and the whole clip in small.

    >>> content = curves_content(CurvePanel.empty(("left_knee", "right_knee", "trunk")))
    >>> content["plots"]
    [{'title': 'knee', 'columns': [0, 1]}, {'title': 'trunk', 'columns': [2]}]
    """
    plots = plots_of(panel.names)[:MAX_PLOTS]
    kept = _kept(panel.degrees)
    overview_s, overview = _merged(panel.overview_s, panel.overview)
    return {
        "names": panel.names,
        "plots": [
            {"title": title.replace("_", " "), "columns": columns} for title, columns in plots
        ],
        "time_s": np.round(panel.time_s[kept], 3),
        "now": [] if not len(panel.degrees) else panel.degrees[-1],
        "degrees": np.ascontiguousarray(np.round(panel.degrees[kept], 1).T),
        "overview_s": np.round(overview_s, 2),
        "overview": np.ascontiguousarray(np.round(overview).T),
        "end_s": panel.end_s,
    }


def _kept(degrees: FloatArray) -> BoolArray:
    """Return which samples are sent: the last one, gaps, and not too many of the others."""
    count = len(degrees)
    from_end = np.arange(count)[::-1]
    is_gap = np.isnan(degrees).all(axis=1)
    return np.asarray((from_end % max(1, -(-count // _MAX_SAMPLES)) == 0) | is_gap)


def _merged(times_s: Float64Array, extremes: FloatArray) -> tuple[Float64Array, FloatArray]:
    """Return the least and the greatest values of fewer, longer parts: (M, 2, A)."""
    step = -(-len(times_s) // _MAX_BINS)
    if step <= 1:
        return times_s, extremes
    starts = np.arange(0, len(times_s), step)
    low = np.fmin.reduceat(extremes[:, 0], starts, axis=0)
    high = np.fmax.reduceat(extremes[:, 1], starts, axis=0)
    return times_s[starts], np.stack((low, high), axis=1)
