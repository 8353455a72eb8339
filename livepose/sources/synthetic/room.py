"""The empty room behind the figures, and the noise of the camera in front of it."""

from __future__ import annotations

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array

WALL_SHARE = 0.76
"""Height of the wall over the height of the frame."""
WALL = (204, 207, 199)
FLOOR = (136, 166, 196)
SKIRTING = (226, 230, 230)
"""Colors: blue, green, red."""


def paint_room(width_px: int, height_px: int) -> UInt8Array:
    """Return the empty room, lit from the upper left: (H, W, 3) uint8, blue first."""
    x = (np.arange(width_px) + 0.5) / width_px
    y = ((np.arange(height_px) + 0.5) / height_px)[:, None]
    glow = np.exp(-((x - 0.32) ** 2) / 0.5 - (y - 0.25) ** 2 / 0.6)[..., None]
    bgr = np.array(WALL) * (0.80 + 0.22 * glow)
    depth = (y - WALL_SHARE) / (1 - WALL_SHARE)
    # Planks run to a vanishing point on the wall, so which plank it is depends on x over the depth.
    plank = (x - 0.5) * width_px / height_px / (1.6 + 1.6 * depth) * 15
    tone = 1 + 0.025 * np.sin(np.floor(plank) * 2.4) - 0.10 * (np.abs(plank % 1 - 0.5) > 0.48)
    floor = np.array(FLOOR) * (tone * (0.84 + 0.16 * depth))[..., None] * (0.86 + 0.16 * glow)
    bgr = np.where((depth > 0)[..., None], floor, bgr)
    skirting = (np.abs(depth + 0.09) < 0.09)[..., None] & np.ones_like(bgr, bool)
    bgr = np.where(skirting, np.array(SKIRTING) * (0.84 + 0.16 * glow), bgr)
    # Noise of less than one grey level keeps the wall's slow gradient from showing bands.
    noise = np.random.default_rng(7).normal(0.0, 0.8, (height_px, width_px, 1))
    return np.clip(np.rint(bgr + noise), 0, 255).astype(np.uint8)


class CameraNoise:
    """Gaussian noise of a camera's sensor, different for each frame, at little cost.

    One array larger than a frame is drawn; each frame takes another window of it, by its number.
    """

    _SPARE_PX = 64

    def __init__(self, width_px: int, height_px: int, sigma: float) -> None:
        """Draw the noise.

        Args:
            width_px: The frames' width.
            height_px: The frames' height.
            sigma: Standard deviation in grey levels.
        """
        shape = height_px + self._SPARE_PX, width_px + self._SPARE_PX, 3
        drawn = np.random.default_rng(11).standard_normal(shape, np.float32)
        self._noise = np.rint(drawn * sigma).astype(np.int16)

    def add_to(self, bgr: UInt8Array, number: int) -> None:
        """Add the noise of the frame of this number to its pixels, in place."""
        top, left = np.random.default_rng(number).integers(0, self._SPARE_PX, 2)
        height_px, width_px = bgr.shape[:2]
        window = self._noise[top : top + height_px, left : left + width_px]
        cv2.add(bgr, window, bgr, dtype=cv2.CV_8U)
