"""The tracks of a tracker: where each known person was last seen, and where they should be now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

import numpy as np

from livepose.core.arrays import BoolArray, Float64Array, FloatArray, Int32Array, IntpArray
from livepose.core.poses import Poses
from livepose.core.skeleton import Skeleton
from livepose.motion.tracking.appearance import Colors
from livepose.motion.tracking.similarity import displacement, shares_inside

MIN_POINT_SCORE = 0.3
"""Keypoints that score less are not compared (tfjs-models `keypointConfidenceThreshold`)."""
SETTLED_FRAMES = 4
"""An estimate from fewer frames is not relied on."""
CROWDED_SHARE = 0.18
"""Of somebody's box, in that of another: so close, one person may hide a part of the other."""

SAME_CLOTHES = 15.0
"""Colours that are no farther apart may be of the same person."""
OTHER_CLOTHES = 30.0
"""Colours that are farther apart are of different people; see `Colors.value`."""
VELOCITY_MEMORY_S, SIZE_MEMORY_S = 0.3, 1.0
"""Time constants of the low-pass filters."""

_COASTING_S = 2.0
_COLOR_MEMORY_S = 1.0
_COLOR_INTERVAL_S = 0.4
_FIRST_COLORS_INTERVAL_S = 0.065
"""While the clothes of the only person are not known yet: with nearly every second frame."""
_STEADY_DEVIATION = 15.0
_FIRM_FRAMES, _MAX_FOREIGN_FRAMES = 15, 12


@dataclass(slots=True, eq=False)
class Tracks:
    """T people, row by row in every array."""

    skeleton: Skeleton
    ids: Int32Array
    """(T,) from 1."""
    seen_s: Float64Array
    """(T,) when each person was last seen."""
    present_s: Float64Array
    """(T,) likewise, or when they last waited for a turn, having been seen at the one before."""
    xy: FloatArray
    """(T, K, 2) pixels, at that time."""
    score: FloatArray
    """(T, K), likewise."""
    box: FloatArray
    """(T, 4), likewise."""
    born_s: Float64Array
    """(T,) when each person was first seen."""
    frames: FloatArray
    """(T,) in how many frames each person was seen."""
    velocity: FloatArray
    """(T, 2) pixels per second, low-passed."""
    color: FloatArray
    """(T, P, 3) as in `Colors`, low-passed."""
    color_deviation: FloatArray
    """(T, P) the usual distance of a frame's colour from that."""
    colored_frames: FloatArray
    """(T, P) of how many frames the colour was made."""
    foreign_frames: FloatArray
    """(T,) in how many frames each person was in other clothes, since they were in their own."""
    size_px: FloatArray
    """(T,) the longer side of each person's box, low-passed over poses in no other clothes."""

    colored_s: float = -inf
    """When colours were last measured."""

    @classmethod
    def empty(cls, skeleton: Skeleton) -> Tracks:
        """Make tracks of nobody: T is 0."""
        return cls.of_newcomers(np.zeros(0, np.int32), Poses.empty(skeleton), Colors.unknown(0), 0)

    @classmethod
    def of_newcomers(cls, ids: Int32Array, poses: Poses, colors: Colors, time_s: float) -> Tracks:
        """Start the tracks of T new people.

        Args:
            ids: (T,) their ids.
            poses: Of T people.
            colors: Of T people.
            time_s: Of the frame.
        """
        count = len(ids)
        # Who has just appeared may still be behind somebody: their colours are learned later.
        uncolored = np.zeros(colors.is_known.shape, np.float32)
        return cls(
            skeleton=poses.skeleton,
            ids=ids,
            seen_s=np.full(count, time_s, np.float64),
            present_s=np.full(count, time_s, np.float64),
            xy=poses.xy.copy(),
            score=poses.score.copy(),
            box=poses.box.copy(),
            born_s=np.full(count, time_s, np.float64),
            frames=np.ones(count, np.float32),
            velocity=np.zeros((count, 2), np.float32),
            color=colors.value.copy(),
            color_deviation=uncolored,
            colored_frames=uncolored.copy(),
            foreign_frames=np.zeros(count, np.float32),
            size_px=sizes_px(poses.box),
        )

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, rows: BoolArray | IntpArray) -> Tracks:
        """Return the people where a (T,) mask is true, or those of (M,) row indices, in order."""
        return Tracks(
            self.skeleton,
            self.ids[rows],
            self.seen_s[rows],
            self.present_s[rows],
            self.xy[rows],
            self.score[rows],
            self.box[rows],
            self.born_s[rows],
            self.frames[rows],
            self.velocity[rows],
            self.color[rows],
            self.color_deviation[rows],
            self.colored_frames[rows],
            self.foreign_frames[rows],
            self.size_px[rows],
            self.colored_s,
        )

    @classmethod
    def concatenate(cls, first: Tracks, second: Tracks) -> Tracks:
        """Return the people of both."""
        return cls(
            first.skeleton,
            np.concatenate((first.ids, second.ids)),
            np.concatenate((first.seen_s, second.seen_s)),
            np.concatenate((first.present_s, second.present_s)),
            np.concatenate((first.xy, second.xy)),
            np.concatenate((first.score, second.score)),
            np.concatenate((first.box, second.box)),
            np.concatenate((first.born_s, second.born_s)),
            np.concatenate((first.frames, second.frames)),
            np.concatenate((first.velocity, second.velocity)),
            np.concatenate((first.color, second.color)),
            np.concatenate((first.color_deviation, second.color_deviation)),
            np.concatenate((first.colored_frames, second.colored_frames)),
            np.concatenate((first.foreign_frames, second.foreign_frames)),
            np.concatenate((first.size_px, second.size_px)),
            first.colored_s,
        )

    def known_clothes(self) -> BoolArray:
        """Return which parts of people's clothes have a colour that is known and steady: (T, P)."""
        is_settled = self.colored_frames >= SETTLED_FRAMES
        return np.asarray(is_settled & (self.color_deviation <= _STEADY_DEVIATION))

    def copy(self) -> Tracks:
        """Return the same people, who do not change when these are updated."""
        return Tracks(
            self.skeleton,
            self.ids.copy(),
            self.seen_s.copy(),
            self.present_s.copy(),
            self.xy.copy(),
            self.score.copy(),
            self.box.copy(),
            self.born_s.copy(),
            self.frames.copy(),
            self.velocity.copy(),
            self.color.copy(),
            self.color_deviation.copy(),
            self.colored_frames.copy(),
            self.foreign_frames.copy(),
            self.size_px.copy(),
            self.colored_s,
        )

    def moved_to(self, poses: Poses) -> Tracks:
        """Return the same people where T poses have them now, without their velocities."""
        return replace(
            self,
            xy=poses.xy.copy(),
            score=poses.score.copy(),
            box=poses.box.copy(),
            velocity=np.zeros_like(self.velocity),
        )

    def predict(self, time_s: float) -> tuple[FloatArray, FloatArray]:
        """Predict where people are: an unseen person moves on, ever more slowly.

        The displacement is v c (1 - exp(-t / c)), with the velocity v, the time t since the person
        was last seen, and a time constant c.

        Returns:
            Keypoints (T, K, 2) and boxes (T, 4), in pixels.
        """
        coasted_s = -_COASTING_S * np.expm1((self.seen_s - time_s) / _COASTING_S)
        moved_px = self.velocity * coasted_s.astype(np.float32)[:, None]
        return self.xy + moved_px[:, None], self.box + np.concatenate((moved_px, moved_px), axis=1)

    def predicted_poses(self, time_s: float) -> Poses:
        """Return the poses that people should have by now, marked as filled."""
        xy, box = self.predict(time_s)
        return Poses(
            xy=np.asarray(xy, np.float32),
            raw_xy=np.asarray(xy, np.float32),
            score=self.score,
            box=np.asarray(box, np.float32),
            person_score=self.score.mean(axis=1),
            track_id=self.ids,
            swapped=np.zeros(self.score.shape, np.bool_),
            skeleton=self.skeleton,
            filled=np.ones(self.score.shape, np.bool_),
        )

    def update(self, rows: IntpArray, poses: Poses, colors: Colors, time_s: float) -> None:
        """Update the tracks of M people with their new poses.

        Args:
            rows: (M,) whose tracks.
            poses: Of M people, in that order.
            colors: Of M people, likewise.
            time_s: Of the frame.
        """
        gap_s = (time_s - self.seen_s[rows]).astype(np.float32)
        self._update_velocity(rows, poses, gap_s)
        color_gap_s = np.maximum(gap_s, min(time_s - self.colored_s, _COLOR_INTERVAL_S))
        if colors.is_known.any():
            self._update_color(rows, colors, color_gap_s, ~self.is_crowded(time_s)[rows])
            self.colored_s = time_s
        self.xy[rows], self.score[rows], self.box[rows] = poses.xy, poses.score, poses.box
        self.seen_s[rows] = self.present_s[rows] = time_s
        self.frames[rows] += 1
        gain = _gain(gap_s, SIZE_MEMORY_S, self.frames[rows]) * (self.foreign_frames[rows] == 0)
        self.size_px[rows] += gain * (sizes_px(poses.box) - self.size_px[rows])

    def place_as_before(self, row: int, before: Tracks) -> None:
        """Place somebody where they should have been when last seen, as they moved before.

        Args:
            row: Whose.
            before: Their track from before that, and no other.
        """
        xy, box = before.predict(float(self.seen_s[row]))
        self.xy[row], self.box[row], self.score[row] = xy[0], box[0], before.score[0]
        self.velocity[row] = before.velocity[0]
        self.foreign_frames[row] = before.foreign_frames[0]

    def exchange_identities(self, first: int, second: int, others: Tracks | None = None) -> None:
        """Exchange who two people are; where they are stays with the rows.

        Args:
            first: The row of one of them.
            second: The row of the other.
            others: The tracks in which the second row is; these ones unless given.
        """
        others = self if others is None else others
        for mine, theirs in zip(self._of_identity(), others._of_identity(), strict=True):
            mine[first], theirs[second] = theirs[second].copy(), mine[first].copy()

    def _of_identity(self) -> tuple[Int32Array | Float64Array | FloatArray, ...]:
        """Return the arrays that tell who people are, and not where."""
        return (
            self.ids,
            self.born_s,
            self.frames,
            self.color,
            self.color_deviation,
            self.colored_frames,
            self.foreign_frames,
            self.size_px,
        )

    def needs_color(self, time_s: float) -> bool:
        """Return whether it is time to measure what people wear."""
        is_new = self.colored_frames.max(axis=1).min() < SETTLED_FRAMES
        return bool(is_new or time_s - self.colored_s >= _COLOR_INTERVAL_S)

    def needs_single_color(self, time_s: float) -> bool:
        """Return whether it is time to measure what the only person wears."""
        is_due = not 0 <= time_s - self.colored_s < _FIRST_COLORS_INTERVAL_S
        return is_due and self.needs_color(time_s)

    def update_single_color(self, colors: Colors, time_s: float) -> None:
        """Update the colour of the only person."""
        gap_s = np.array([min(time_s - self.colored_s, _COLOR_INTERVAL_S)], np.float32)
        self._update_color(np.zeros(1, np.intp), colors, gap_s, np.ones(1, np.bool_))
        self.colored_s = time_s

    def is_crowded(self, time_s: float) -> BoolArray:
        """Return who is so close to others that their colour may be another person's: (T,)."""
        if len(self) == 1:
            return np.zeros(1, np.bool_)
        box = self.predict(time_s)[1]
        share = shares_inside(box, box)
        np.fill_diagonal(share, 0)
        return np.asarray(share.max(axis=1) > CROWDED_SHARE)

    def _update_velocity(self, rows: IntpArray, poses: Poses, gap_s: FloatArray) -> None:
        common = np.minimum(self.score[rows], poses.score) >= MIN_POINT_SCORE
        moved_px = displacement(self.xy[rows], self.box[rows], poses.xy, poses.box, common)
        measured = moved_px / np.where(gap_s > 0, gap_s, np.inf)[:, None]
        gain = _gain(gap_s, VELOCITY_MEMORY_S, self.frames[rows]) * (gap_s > 0)
        self.velocity[rows] += gain[:, None] * (measured - self.velocity[rows])

    def _update_color(
        self, rows: IntpArray, colors: Colors, gap_s: FloatArray, is_apart: BoolArray
    ) -> None:
        count = self.colored_frames[rows]
        change = colors.value - self.color[rows]
        distance = np.sqrt((change**2).sum(axis=-1)) * (count > 0)
        is_compared = colors.is_known & self.known_clothes()[rows]
        is_foreign = ~(is_compared & (distance <= OTHER_CLOTHES)).any(axis=1)
        # Of a person who is just coming in, only hair may have been measured so far.
        is_foreign &= is_compared.any(axis=1) & (count.max(axis=1) >= _FIRM_FRAMES)
        foreign_frames = np.where(is_foreign, self.foreign_frames[rows] + 1, 0)
        self.foreign_frames[rows] = np.where(
            is_compared.any(axis=1), foreign_frames, self.foreign_frames[rows]
        )
        # The clothes of somebody in front are not learned; another light is, after a while.
        is_learned = is_apart & ~(is_foreign & (foreign_frames < _MAX_FOREIGN_FRAMES))
        # Those that somebody wore before they came close to others are their own, there too.
        is_confirmed = (count > 0) & (distance <= SAME_CLOTHES)
        is_used = colors.is_known & (is_learned[:, None] | is_confirmed)
        # The first colour is taken as it is: there is none yet to average it with.
        usual_gain = _gain(gap_s[:, None], _COLOR_MEMORY_S, count)
        gain = np.where(count == 0, 1, usual_gain) * is_used
        self.color[rows] += gain[..., None] * change
        self.color_deviation[rows] += gain * (distance - self.color_deviation[rows])
        self.colored_frames[rows] += is_used


def _gain(gap_s: FloatArray, memory_s: float, frames: FloatArray) -> FloatArray:
    """Return the weight of a new value: that of a plain mean at first, then of a low-pass."""
    return np.asarray(np.maximum(-np.expm1(-gap_s / memory_s), 1 / (frames + 1)), np.float32)


def sizes_px(box: FloatArray) -> FloatArray:
    """Return the longer side of each of (N, 4) boxes, at least 1 pixel: (N,)."""
    return np.asarray(np.maximum((box[:, 2:] - box[:, :2]).max(axis=1, initial=1), 1), np.float32)
