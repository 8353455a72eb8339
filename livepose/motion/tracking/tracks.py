"""Tracks: whom the tracker knows, where each was last found, and where each should be by now."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from math import expm1, hypot, inf

import numpy as np
import numpy.typing as npt

from livepose.core.arrays import BoolArray, FloatArray, Int32Array, IntpArray
from livepose.core.poses import Poses
from livepose.core.skeleton import KEYPOINT_COUNT
from livepose.motion.tracking.appearance import Colors
from livepose.motion.tracking.similarity import displacement, iou

MIN_POINT_SCORE = 0.3
"""Points under it are not compared (tfjs-models `keypointConfidenceThreshold`)."""
SETTLED_FRAMES = 4
"""What is learned of a person in fewer frames is not to be trusted."""
CROWDED_IOU = 0.1
"""Boxes that share more than this are so near that one may hide a part of the other."""

_VELOCITY_MEMORY_S = 0.3
_COASTING_S = 2.0
_COLOR_MEMORY_S = 1.0
_COLOR_EVERY_S = 0.4
_NEXT_FRAME_S = 0.11
_SURE_POINTS, _SURE_SHARE = 8, 0.05
"""A pose of so many points, so near on average (over the body size), is the same person."""

Float64Array = npt.NDArray[np.float64]


def _nobody(*shape: int) -> FloatArray:
    return np.zeros((0, *shape), np.float32)


@dataclass(slots=True, eq=False)
class Tracks:
    """T people, row by row in every array."""

    ids: Int32Array = field(default_factory=lambda: np.zeros(0, np.int32))
    seen_s: Float64Array = field(default_factory=lambda: np.zeros(0))
    """(T,) when each was last found."""
    xy: FloatArray = field(default_factory=lambda: _nobody(KEYPOINT_COUNT, 2))
    """(T, 17, 2) pixels, at that time."""
    score: FloatArray = field(default_factory=lambda: _nobody(KEYPOINT_COUNT))
    """(T, 17), likewise."""
    box: FloatArray = field(default_factory=lambda: _nobody(4))
    """(T, 4), likewise."""
    born_s: Float64Array = field(default_factory=lambda: np.zeros(0))
    """(T,) when each was first found."""
    frames: FloatArray = field(default_factory=_nobody)
    """(T,) in how many frames each was found."""
    velocity: FloatArray = field(default_factory=lambda: _nobody(2))
    """(T, 2) pixels per second, low-passed."""
    color: FloatArray = field(default_factory=lambda: _nobody(3))
    """(T, 3) as in `Colors`, low-passed."""
    color_spread: FloatArray = field(default_factory=_nobody)
    """(T,) how far a frame's colour usually is from that."""
    colored_frames: FloatArray = field(default_factory=_nobody)
    """(T,) of how many frames that is made."""

    colored_s: float = -inf
    """When what somebody wears was last looked at."""

    def __len__(self) -> int:
        return len(self.ids)

    def keep(self, rows: BoolArray | IntpArray) -> None:
        """Forget all others."""
        for name in _ROWS:
            setattr(self, name, getattr(self, name)[rows])

    def begin(self, ids: Int32Array, poses: Poses, colors: Colors, time_s: float) -> None:
        """Add M people who were not known, each with an id."""
        count = len(ids)
        begun = Tracks(
            ids=ids,
            seen_s=np.full(count, time_s),
            xy=poses.xy,
            score=poses.score,
            box=poses.box,
            born_s=np.full(count, time_s),
            frames=np.ones(count, np.float32),
            velocity=np.zeros((count, 2), np.float32),
            color=colors.value,
            color_spread=np.zeros(count, np.float32),
            colored_frames=colors.is_known.astype(np.float32),
        )
        for name in _ROWS:
            both = getattr(self, name), getattr(begun, name)
            setattr(self, name, np.concatenate(both))

    def expected(self, time_s: float) -> tuple[FloatArray, FloatArray]:
        """Guess where they are by now: who is unseen keeps on, and slows down.

        The way is v c (1 - exp(-t / c)), with the velocity v, the time t since each was seen, and a
        time constant c.

        Returns:
            Points (T, 17, 2) and boxes (T, 4).
        """
        coasted_s = -_COASTING_S * np.expm1((self.seen_s - time_s) / _COASTING_S)
        way = self.velocity * coasted_s.astype(np.float32)[:, None]
        return self.xy + way[:, None], self.box + np.concatenate((way, way), axis=1)

    def learn(self, rows: IntpArray, poses: Poses, colors: Colors, time_s: float) -> None:
        """Take in that M of them were found.

        Args:
            rows: (M,) who.
            poses: M of them, in that order.
            colors: M of them, likewise.
            time_s: of the frame.
        """
        gap_s = (time_s - self.seen_s[rows]).astype(np.float32)
        self._learn_velocity(rows, poses, gap_s)
        color_gap_s = np.maximum(gap_s, min(time_s - self.colored_s, _COLOR_EVERY_S))
        if colors.is_known.any():
            self._learn_color(rows, colors, color_gap_s, ~self._crowded(time_s)[rows])
            self.colored_s = time_s
        self.xy[rows], self.score[rows], self.box[rows] = poses.xy, poses.score, poses.box
        self.seen_s[rows] = time_s
        self.frames[rows] += 1

    def goes_on(self, poses: Poses, time_s: float) -> bool:
        """Take in that the only one was found again, if the only pose is just where it should be.

        Args:
            poses: one person.
            time_s: of the frame.

        Returns:
            False, and nothing is taken in, where that is not sure.
        """
        gap_s = float(time_s - self.seen_s[0])
        moved_px = self._moved_px(poses)
        if not 0 < gap_s <= _NEXT_FRAME_S or len(moved_px) < _SURE_POINTS:
            return False
        x_px, y_px = (self.velocity[0] * gap_s).tolist()
        off_px = sum(hypot(x - x_px, y - y_px) for x, y in moved_px) / len(moved_px)
        left, top, right, bottom = self.box[0].tolist()
        if off_px > _SURE_SHARE * max(right - left, bottom - top):
            return False
        gain = max(-expm1(-gap_s / _VELOCITY_MEMORY_S), 1 / (float(self.frames[0]) + 1))
        speed = [sum(ways) / len(ways) / gap_s for ways in zip(*moved_px, strict=True)]
        self.velocity[0] += gain * (speed - self.velocity[0])
        self.xy[0], self.score[0], self.box[0] = poses.xy[0], poses.score[0], poses.box[0]
        self.seen_s[0] = time_s
        self.frames[0] += 1
        return True

    def _moved_px(self, poses: Poses) -> list[tuple[float, float]]:
        """Give the ways, along x and y, of the only one's points that are seen now as then."""
        points = zip(self.xy[0].tolist(), poses.xy[0].tolist(), strict=True)
        scores = zip(self.score[0].tolist(), poses.score[0].tolist(), strict=True)
        return [
            (x - x_then, y - y_then)
            for ((x_then, y_then), (x, y)), both in zip(points, scores, strict=True)
            if min(both) >= MIN_POINT_SCORE
        ]

    def all_go_on(self, poses: Poses, time_s: float) -> IntpArray:
        """Give whose each of N poses is: (N,) rows; none at all where that is not sure.

        It is sure where each is just where one of those who are known should be, and all are apart.
        """
        unsure = np.zeros(0, np.intp)
        gap_s = time_s - self.seen_s
        if len(poses) != len(self) or gap_s.min() <= 0 or gap_s.max() > _NEXT_FRAME_S:
            return unsure
        if self._crowded(time_s).any():
            return unsure
        xy, box = self.expected(time_s)
        common = np.minimum(self.score[:, None], poses.score) >= MIN_POINT_SCORE
        off_px = np.sqrt(((poses.xy - xy[:, None]) ** 2).sum(axis=-1))
        count = common.sum(axis=-1)
        near_px = _SURE_SHARE * (box[:, 2:] - box[:, :2]).max(axis=1)[:, None]
        is_same = (count >= _SURE_POINTS) & ((off_px * common).sum(axis=-1) <= near_px * count)
        is_sure = (is_same.sum(axis=0) == 1).all() and (is_same.sum(axis=1) == 1).all()
        return is_same.argmax(axis=0) if is_sure else unsure

    def wants_color(self, time_s: float) -> bool:
        """Tell whether it is time to look again what people wear."""
        is_new = self.colored_frames.min() < SETTLED_FRAMES
        return bool(is_new or time_s - self.colored_s >= _COLOR_EVERY_S)

    def learn_color_of_one(self, colors: Colors, time_s: float) -> None:
        """Learn what the only one wears."""
        gap_s = np.array([min(time_s - self.colored_s, _COLOR_EVERY_S)], np.float32)
        self._learn_color(np.zeros(1, np.intp), colors, gap_s, np.ones(1, np.bool_))
        self.colored_s = time_s

    def _crowded(self, time_s: float) -> BoolArray:
        """Tell who is so near to another that their colours may be the other's: (T,)."""
        if len(self) == 1:
            return np.zeros(1, np.bool_)
        box = self.expected(time_s)[1]
        shared = iou(box, box)
        np.fill_diagonal(shared, 0)
        return np.asarray(shared.max(axis=1) > CROWDED_IOU)

    def _learn_velocity(self, rows: IntpArray, poses: Poses, gap_s: FloatArray) -> None:
        common = np.minimum(self.score[rows], poses.score) >= MIN_POINT_SCORE
        moved_px = displacement(self.xy[rows], self.box[rows], poses.xy, poses.box, common)
        measured = moved_px / np.where(gap_s > 0, gap_s, np.inf)[:, None]
        gain = _gain(gap_s, _VELOCITY_MEMORY_S, self.frames[rows]) * (gap_s > 0)
        self.velocity[rows] += gain[:, None] * (measured - self.velocity[rows])

    def _learn_color(
        self, rows: IntpArray, colors: Colors, gap_s: FloatArray, is_apart: BoolArray
    ) -> None:
        count = self.colored_frames[rows]
        is_fresh = colors.is_known & (is_apart | (count < SETTLED_FRAMES))
        # The first colour is taken as it is: there is none that it could be mixed with.
        gain = np.where(count == 0, 1, _gain(gap_s, _COLOR_MEMORY_S, count)) * is_fresh
        change = colors.value - self.color[rows]
        away = np.sqrt((change**2).sum(axis=1)) * (count > 0)
        self.color[rows] += gain[:, None] * change
        self.color_spread[rows] += gain * (away - self.color_spread[rows])
        self.colored_frames[rows] += is_fresh


_ROWS = tuple(each.name for each in fields(Tracks) if each.name != "colored_s")


def _gain(gap_s: FloatArray, memory_s: float, frames: FloatArray) -> FloatArray:
    """Weigh what is new: as a plain mean at first, then as a low-pass."""
    return np.asarray(np.maximum(-np.expm1(-gap_s / memory_s), 1 / (frames + 1)), np.float32)
