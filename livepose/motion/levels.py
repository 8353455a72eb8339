"""Levels: what the network sees of dark and flat pictures is stretched, and steady over time.

The networks were trained on ordinary photographs. In a picture that is much darker, or whose
contrast is low, they find less. So the levels of their small input are stretched, as a photo
editor's "levels" does it: by a look-up table, which costs next to nothing at that size. The frame
itself stays as it is. A picture with full levels gets no table.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import exp, log

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.region import ModelInput

_FULL_BRIGHT, _FULL_RANGE = 150.0, 100.0
"""Levels are full from this bright level on, and from this difference to the dark level on."""
_POOR_BRIGHT, _POOR_RANGE = 100.0, 60.0
"""Up to one of these, a picture is stretched all the way; in between, it is by degrees."""
_DARK, _BRIGHT = 40.0, 200.0
"""To where the dark and the bright level are stretched."""
_SHARES = np.array((0.01, 0.5, 0.99))
"""Of the values that are below the dark, the middle and the bright level of a picture."""
_MIN_RANGE = 2.0
"""With a smaller difference, there is nothing in a picture to stretch."""
_MAX_GAIN = 16.0
"""So that the noise of a black picture does not become a picture."""
_MIN_MIDDLE = 0.24
"""A stretched picture whose middle level is darker is brightened by a gamma curve..."""
_MIN_GAMMA = 0.5
"""... at most of this exponent."""
_SETTLING_S = 1.0
"""How long a change of the levels takes to have an effect, so that points do not pulse with it."""
_FULL_FOR_S = 0.1
"""How long levels that were full are taken to be so, before they are measured again."""
_STEP = 6
"""Every sixth pixel of every sixth row is measured."""
_VALUES = np.arange(256, dtype=np.float64)
_Measured = tuple[float, float, float]
"""The dark, the middle and the bright level of a picture."""


class Levels:
    """Make look-up tables for the input of a network, frame by frame.

    >>> levels = Levels()
    >>> gray = np.linspace(0, 255, 192).astype(np.uint8)  # full levels
    >>> full = np.broadcast_to(gray[:, None], (1, 192, 192, 3))
    >>> levels.next_table((full,), time_s=0.0) is None
    True
    >>> table = Levels().next_table((full // 12,), time_s=0.0)
    >>> table[0], table[21]
    (np.uint8(0), np.uint8(210))
    """

    def __init__(self) -> None:
        """Start with the levels of the first picture."""
        self.reset()

    def reset(self) -> None:
        """Forget the levels, after a cut."""
        self._levels: _Measured | None = None
        self._last_s = 0.0
        self._is_full = False

    def next_table(self, rgbs: Sequence[UInt8Array], time_s: float) -> UInt8Array | None:
        """Return the table for a frame: (256,) uint8; None if its levels are full.

        Args:
            rgbs: (1, H, W, 3) uint8 each: what the network is to see of the frame.
            time_s: Of the frame.
        """
        since_s = time_s - self._last_s
        if self._is_full and 0 <= since_s < _FULL_FOR_S:
            return None
        measured = _measure(rgbs)
        if measured is not None:
            if self._levels is not None and since_s >= 0:
                share = 1 - exp(-since_s / _SETTLING_S)
                pairs = zip(self._levels, measured, strict=True)
                dark, middle, bright = (before + share * (now - before) for before, now in pairs)
                measured = dark, middle, bright
            self._levels = measured
            self._last_s = time_s
        if self._levels is None:
            return None
        table = _table(*(round(4 * level) / 4 for level in self._levels))  # few tables to make
        self._is_full = table is None
        return table


def stretch(model_input: ModelInput, table: UInt8Array | None) -> ModelInput:
    """Return a network's input with its levels stretched by a table; unchanged if there is none."""
    if table is None:
        return model_input
    rgb = cv2.LUT(model_input.rgb[0], table)[None]
    return ModelInput(rgb, model_input.region)  # type: ignore[arg-type]


def _measure(rgbs: Sequence[UInt8Array]) -> _Measured | None:
    """Return the levels of what is not black; None if all is."""
    values = [rgb[0, ::_STEP, ::_STEP].ravel() for rgb in rgbs]
    counts = np.bincount(values[0] if len(values) == 1 else np.concatenate(values), minlength=256)
    counts[0] = 0  # beyond the edges of the frame, the input is black
    sums = counts.cumsum()
    if not sums[-1]:
        return None
    dark, middle, bright = sums.searchsorted(sums[-1] * _SHARES).tolist()
    return dark, middle, bright


@lru_cache(maxsize=16)
def _table(dark: float, middle: float, bright: float) -> UInt8Array | None:
    """Return the table that makes levels full: None if they are."""
    lacking = max(
        (_FULL_BRIGHT - bright) / (_FULL_BRIGHT - _POOR_BRIGHT),
        (_FULL_RANGE - (bright - dark)) / (_FULL_RANGE - _POOR_RANGE),
    )
    if lacking <= 0 or bright - dark < _MIN_RANGE:
        return None
    strength = min(lacking, 1.0)
    to_dark = dark + strength * (min(dark, _DARK) - dark)
    to_bright = bright + strength * (max(bright, _BRIGHT) - bright)
    gain = min((to_bright - to_dark) / (bright - dark), _MAX_GAIN)
    stretched = (to_dark + (_VALUES - dark) * gain).clip(0, 255) / 255
    to_middle = stretched[int(middle)]
    if 0 < to_middle < _MIN_MIDDLE:
        gamma = max(log(_MIN_MIDDLE) / log(to_middle), _MIN_GAMMA)
        stretched **= gamma**strength
    return np.rint(255 * stretched).astype(np.uint8)
