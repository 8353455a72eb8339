"""Tracklets: parts of tracks in which it is not doubted that they are of one person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from livepose.core.arrays import BoolArray, Float64Array, FloatArray, IntpArray
from livepose.motion.linking.sightings import Handovers, SightingArray
from livepose.motion.tracking.tracks import OTHER_CLOTHES

_MAX_GAP = 5
"""Of frames from one sighting to the next; behind a longer gap it may be another person."""
_WINDOW = 10
"""So many colours before a place in a track are compared with as many after it."""
_FEWEST_COLORS = 3
_REFINED = 5
"""So many sightings before and after the greatest difference may be where another person begins."""
_FARTHEST_COLOR = 60.0
_MAX_EXCHANGE_FRAMES = 15
"""So far apart it may show in two tracks that they were exchanged."""
_GAP_EVIDENCE, _MOST_GAP_FRAMES, _JUMP_EVIDENCE = 10.0, 4, 60.0
"""How much a missing frame, and a step of a body's size, tell of another person; as colours do."""
_STEADY_FRAMES = 8
"""So many sightings at an end of a tracklet show how somebody was moving there."""


class Tracklet:
    """Some of a track's sightings, one after the other."""

    def __init__(self, sightings: SightingArray, number: int) -> None:
        """Keep the sightings.

        Args:
            sightings: At least one, in order.
            number: Of the tracklet in its track, from 0.
        """
        self.sightings, self.number = sightings, number
        self.track_id = int(sightings["track_id"][0])
        frames, times_s = sightings["frame"], sightings["time_s"]
        self.first_frame, self.last_frame = int(frames[0]), int(frames[-1])
        self.start_s, self.end_s = float(times_s[0]), float(times_s[-1])
        self.centers, self.sizes_px = centers_of(sightings), _sizes_px(sightings)

    @cached_property
    def start_px(self) -> float:
        """The size of the person at the start."""
        return float(np.median(self.sizes_px[:_STEADY_FRAMES]))

    @cached_property
    def end_px(self) -> float:
        """The size of the person at the end."""
        return float(np.median(self.sizes_px[-_STEADY_FRAMES:]))

    @cached_property
    def start_velocity(self) -> Float64Array:
        """(2,) pixels per second."""
        return self._velocity(slice(0, _STEADY_FRAMES))

    @cached_property
    def end_velocity(self) -> Float64Array:
        """(2,) pixels per second."""
        return self._velocity(slice(-_STEADY_FRAMES, None))

    def _velocity(self, part: slice) -> Float64Array:
        times_s, centers = self.sightings["time_s"][part], self.centers[part]
        if len(times_s) < _FEWEST_COLORS:
            return np.zeros(2)
        apart_s = times_s - times_s.mean()
        return np.asarray(apart_s @ (centers - centers.mean(axis=0)) / (apart_s @ apart_s))


def cut_tracks(sightings: SightingArray, handovers: Handovers) -> list[Tracklet]:
    """Cut tracks wherever they may go on as another person, and return the parts.

    That is behind a gap, where somebody gets another id, and where the clothes change.

    Args:
        sightings: Of a scene.
        handovers: In the same scene.
    """
    given = defaultdict(list)
    for frame, *ids in handovers:
        for track_id in ids:
            given[track_id].append(frame)
    by_track = sightings[np.argsort(sightings["track_id"], kind="stable")]
    starts = np.flatnonzero(np.diff(by_track["track_id"])) + 1
    tracks = np.split(by_track, starts) if len(by_track) else []
    tracklets = []
    for track, changes in zip(tracks, _frames_of_changes(tracks), strict=True):
        frames = track["frame"]
        cuts = set((np.flatnonzero(np.diff(frames) > _MAX_GAP) + 1).tolist())
        cuts |= set(np.searchsorted(frames, given[int(track["track_id"][0])]).tolist())
        cuts |= set(np.searchsorted(frames, changes).tolist())
        parts = np.split(track, sorted(cuts - {0, len(track)}))
        tracklets += [Tracklet(part, number) for number, part in enumerate(parts)]
    return tracklets


@dataclass(slots=True, eq=False)
class _Change:
    """Where a track goes on in other clothes."""

    track_id: int
    frame: int
    """From which on."""
    is_unbroken: bool
    """Whether no frame is missing before it."""
    before: FloatArray
    """(P, 3) the colours before."""
    after: FloatArray
    """(P, 3) the colours after."""


def _frames_of_changes(tracks: Sequence[SightingArray]) -> list[list[int]]:
    """Return for each track the frames from which on it is in other clothes.

    Two people who pass may exchange their tracks; both do so in one frame, whenever it shows.
    """
    by_track = [_changes_of_clothes(track) for track in tracks]
    changes = sorted((change for each in by_track for change in each), key=lambda c: c.frame)
    while changes:
        first = changes.pop(0)
        for second in changes:
            if second.frame - first.frame > _MAX_EXCHANGE_FRAMES:
                break
            if _is_exchange(first, second):
                first.frame = second.frame = (first.frame + second.frame) // 2
                changes.remove(second)
                break
    return [[change.frame for change in each] for each in by_track]


def _is_exchange(first: _Change, second: _Change) -> bool:
    """Return whether each of two people goes on in the clothes of the other."""
    is_unbroken = first.is_unbroken and second.is_unbroken
    if first.track_id == second.track_id or not is_unbroken:
        return False
    crosswise = ((first.before, second.after), (first.after, second.before))
    distances = [color_distances(*pair) for pair in crosswise]
    return all(bool((distance <= OTHER_CLOTHES).any()) for distance in distances)


def _changes_of_clothes(track: SightingArray) -> list[_Change]:
    """Return where a track goes on in other clothes, in no order."""
    changes, parts = [], [(0, len(track))]
    while parts:
        start, end = parts.pop()
        part = track[start:end]
        found = _greatest_change(part)
        if found is not None:
            cut, before, after = found
            frames = part["frame"][[cut - 1, cut]].tolist()
            is_unbroken = frames[1] == frames[0] + 1
            track_id = int(part["track_id"][0])
            changes.append(_Change(track_id, frames[1], is_unbroken, before, after))
            parts += [(start, start + cut), (start + cut, end)]
    return changes


def _greatest_change(track: SightingArray) -> tuple[int, FloatArray, FloatArray] | None:
    """Return the row from which on the clothes are others, and the colours before and after it.

    Returns:
        None if they are not.
    """
    apart = np.flatnonzero(~track["is_crowded"] & track["is_known"].any(axis=1))
    if not len(apart):
        return None
    before, after = _medians_around(track, apart)
    distance = color_distances(before, after)
    is_compared = ~np.isnan(distance)
    # Somebody else has other clothes in all parts that can be compared.
    nearest = np.where(is_compared, distance, np.inf).min(axis=1)
    nearest[~is_compared.any(axis=1)] = 0
    place = int(nearest.argmax())
    if nearest[place] <= OTHER_CLOTHES:
        return None
    first = int(apart[max(place - _REFINED, 0)]) + 1
    last = int(apart[min(place + _REFINED - 1, len(apart) - 1)])
    cut = _refined(track, first, last, before[place], after[place])
    return cut, before[place], after[place]


def _refined(
    track: SightingArray, first: int, last: int, before: FloatArray, after: FloatArray
) -> int:
    """Return the row at which the clothes change, between two rows.

    Args:
        track: Sightings of a track.
        first: The lowest row that it may be.
        last: The highest row.
        before: (P, 3) the colours before.
        after: (P, 3) the colours after.
    """
    part = track[first:last]
    is_known = part["is_known"]
    unlike = [_unlikeness(part["color"], is_known, colors) for colors in (before, after)]
    # Of a cut before each row, and behind the last one.
    cost = np.concatenate(([0], np.cumsum(unlike[0]))) + np.concatenate(
        (np.cumsum(unlike[1][::-1])[::-1], [0])
    )
    around = track[first - 1 : last + 1]
    missing = np.minimum(np.diff(around["frame"]) - 1, _MOST_GAP_FRAMES)
    jumps = np.linalg.norm(np.diff(centers_of(around), axis=0), axis=1) / _sizes_px(around)[1:]
    cost -= _GAP_EVIDENCE * missing + _JUMP_EVIDENCE * np.minimum(jumps, 1)
    return first + int(cost.argmin())


def _unlikeness(colors: FloatArray, is_known: BoolArray, clothes: FloatArray) -> FloatArray:
    """Return how far the colours of M sightings are from some clothes, 0 if unknown: (M,)."""
    distance = np.where(is_known, color_distances(colors, clothes), np.nan)
    distance = np.where(np.isnan(distance), np.inf, distance).min(axis=1, initial=np.inf)
    return np.asarray(np.where(np.isinf(distance), 0, np.minimum(distance, _FARTHEST_COLOR)))


def _medians_around(track: SightingArray, rows: IntpArray) -> tuple[FloatArray, FloatArray]:
    """Return the median colours before and from each of M rows on: (M, P, 3), NaN if too few."""
    colors = np.where(track["is_known"][rows, :, None], track["color"][rows], np.nan)
    nothing = np.full((_WINDOW, *colors.shape[1:]), np.nan, np.float32)
    padded = np.concatenate((nothing, colors, nothing))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW, axis=0)
    medians = median_colors(np.moveaxis(windows, -1, 0))
    return medians[: len(rows)], medians[_WINDOW : _WINDOW + len(rows)]


def median_colors(colors: FloatArray) -> FloatArray:
    """Return the medians along the first axis, by channel, of those that are not NaN.

    Args:
        colors: (M, ..., P, 3).

    Returns:
        (..., P, 3); NaN where fewer than three are known.
    """
    count = (~np.isnan(colors)).sum(axis=0)
    if len(colors) < _FEWEST_COLORS:
        return np.full(colors.shape[1:], np.nan, np.float32)
    ordered = np.sort(colors, axis=0)  # NaN comes last
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, len(colors) - 1)
    middle = [np.take_along_axis(ordered, rows[None], axis=0)[0] for rows in (low, high)]
    return np.asarray(np.where(count < _FEWEST_COLORS, np.nan, (middle[0] + middle[1]) / 2))


def color_distances(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return how far apart colours (..., P, 3) are, part by part: (..., P), NaN if unknown."""
    return np.asarray(np.sqrt(((first - second) ** 2).sum(axis=-1)))


def centers_of(sightings: SightingArray) -> Float64Array:
    """Return the centres of M people: (M, 2) pixels."""
    box = sightings["box"].astype(np.float64)
    return np.asarray((box[:, :2] + box[:, 2:]) / 2)


def _sizes_px(sightings: SightingArray) -> FloatArray:
    """Return the longer sides of the boxes of M people, at least 1 pixel: (M,)."""
    box = sightings["box"]
    return np.asarray(np.maximum((box[:, 2:] - box[:, :2]).max(axis=1), 1))
