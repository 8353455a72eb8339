"""Neighbours: take the bodies of others out of the input of the network of one person.

Where two people are close together, both are in the square around either of them. The network of
one person then finds the surer of the two, or joins the arms of one to the legs of the other. So
the bodies of neighbours, where the tracks have them by now, are filled with the colours around
them, but for what may be the person's own body. A black body would still have the shape of one,
which the network finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from livepose.core.arrays import BoolArray, FloatArray, IntpArray, UInt8Array
from livepose.core.region import ModelInput
from livepose.core.skeleton import Skeleton
from livepose.motion.body_extents import areas_of, squares_around

_MIN_POINT_SCORE = 0.2
_CLEAR_SCORE = 0.85
"""With this mean score, a person is found whoever is beside them."""
_OWN_WIDTH, _OTHER_WIDTH = 0.16, 0.13
"""Of a limb, over the longer side of the body; the own one with more doubt of where it is."""
_CELLS, _AROUND = (24, 24), (9, 9)
"""Of how many cells the colours around are made, and which of them are around one."""
_TORSO = ("left_shoulder", "right_shoulder", "right_hip", "left_hip")
_HEAD = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")


@dataclass(frozen=True, slots=True, eq=False)
class Bodies:
    """N people, as far as is known where they are in a frame."""

    xy: FloatArray
    """(N, K, 2) pixels."""
    score: FloatArray
    """(N, K)"""
    box: FloatArray
    """(N, 4) pixels: their extents."""
    is_certain: BoolArray
    """(N,): who was just seen, so that it is known what they hide."""
    skeleton: Skeleton

    def neighbours(self) -> BoolArray:
        """Return whose body is to be taken out for whom: (N, N), the person first.

        They are those who reach into the square around the person: the network would find the
        surest body in it, whoever that is. Of somebody who is seen clearly, they are those alone
        who reach into the box.
        """
        is_clear = self.score.mean(axis=1) >= _CLEAR_SCORE
        areas = np.where(is_clear[:, None], self.box, areas_of(squares_around(self.box)))
        low = np.maximum(areas[:, None, :2], self.box[:, :2])
        high = np.minimum(areas[:, None, 2:], self.box[:, 2:])
        is_near = (high > low).all(axis=-1) & self.is_certain
        np.fill_diagonal(is_near, False)
        return np.asarray(is_near)

    def without_neighbours(
        self, model_input: ModelInput, person: int, neighbours: IntpArray
    ) -> ModelInput:
        """Return the input for a person without the bodies of neighbours.

        Args:
            model_input: A square around the person; not turned.
            person: Their row.
            neighbours: (M,) rows.
        """
        own, others = (np.zeros(model_input.rgb.shape[1:3], np.uint8) for _ in range(2))
        for neighbour in neighbours.tolist():
            self._fill(others, neighbour, _OTHER_WIDTH, model_input)
        self._fill(own, person, _OWN_WIDTH, model_input)
        rgb = model_input.rgb.copy()
        is_filled = (others > 0) & (own == 0)
        rgb[0][is_filled] = _surroundings(rgb[0], others)[is_filled]
        return ModelInput(rgb, model_input.region)

    def _fill(self, mask: UInt8Array, row: int, limb_width: float, model_input: ModelInput) -> None:
        """Set the body of a person to 255 in a mask of the size of the input."""
        region = model_input.region
        scale = mask.shape[1] / region.width_px
        corner_px = np.array((region.left_px, region.top_px), np.float32)
        points = np.rint((self.xy[row] - corner_px) * scale).astype(np.int32)
        is_seen = self.score[row] >= _MIN_POINT_SCORE
        longer_px = float((self.box[row, 2:] - self.box[row, :2]).max())
        width_px = max(1, round(limb_width * longer_px * scale))
        for start, end in self.skeleton.bones:
            if is_seen[start] and is_seen[end]:
                cv2.line(mask, points[start].tolist(), points[end].tolist(), (255,), width_px)
        torso, head = _parts_of(self.skeleton)
        if len(torso) and is_seen[torso].all():
            cv2.fillConvexPoly(mask, points[torso], (255,))
        if len(seen_head := head[is_seen[head]]):
            middle = points[seen_head].mean(axis=0).astype(int).tolist()
            cv2.circle(mask, middle, width_px, (255,), cv2.FILLED)


def _surroundings(rgb: UInt8Array, others: UInt8Array) -> UInt8Array:
    """Return the mean colour around each place of an image, without the bodies of others.

    Args:
        rgb: (H, W, 3)
        others: (H, W), 255 where somebody else is.
    """
    seen = cv2.bitwise_not(others)
    cells = cv2.resize(cv2.bitwise_and(rgb, rgb, mask=seen), _CELLS, interpolation=cv2.INTER_AREA)
    weight = cv2.resize(seen, _CELLS, interpolation=cv2.INTER_AREA)
    total = cv2.blur(cells.astype(np.float32), _AROUND)
    weight = cv2.blur(weight.astype(np.float32), _AROUND)[..., None]
    mean = np.minimum(total * 255 / np.maximum(weight, 1), 255).astype(np.uint8)
    return np.asarray(cv2.resize(mean, rgb.shape[1::-1]), np.uint8)


@lru_cache(maxsize=16)
def _parts_of(skeleton: Skeleton) -> tuple[IntpArray, IntpArray]:
    """Return the rows of the torso's corners in order, if it has all of them, and of the head."""
    torso = [skeleton.index(name) for name in _TORSO] if skeleton.has(_TORSO) else []
    head = [skeleton.index(name) for name in _HEAD if name in skeleton]
    return np.array(torso, np.intp), np.array(head, np.intp)
