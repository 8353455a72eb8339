"""Identities: which tracklets are of the same person, by clothes, place and time."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import expm1

import numpy as np

from livepose.core.arrays import FloatArray, Int32Array
from livepose.motion.linking.sightings import (
    Handovers,
    SightingArray,
    Sightings,
    are_close,
)
from livepose.motion.linking.tracklets import (
    Tracklet,
    color_distances,
    cut_tracks,
    median_colors,
)
from livepose.motion.presence import MIN_CLEAR_SCORE
from livepose.motion.tracking.tracks import OTHER_CLOTHES

_MAX_AWAY_S = 10.0
"""Who comes back later gets a new id: by then, others may be there in such clothes."""
_MAX_COMMON_FRAMES = 4
"""For so long one person may be seen twice, under two ids."""
_SURE_FRAMES = 30
"""Who was seen in other clothes in as many frames is surely somebody else."""
_MAX_FRAGMENT_FRAMES = 15
"""Who is seen in no more frames, and always in front of or behind somebody, is a part of them."""
_SAME_CLOTHES = 20.0
"""Medians of many colours that are no farther apart may be of the same person."""
# What speaks for two tracklets being of one person. It suffices if the clothes are the same and
# the place is not far, or if one goes on where the other ends.
_ENOUGH = 0.8
_BY_CLOTHES, _BY_PARTS_OF_CLOTHES, _BY_OTHER_CLOTHES = 2.0, 0.3, -2.0
_BY_HANDOVER = 2.5
_BY_TRACK, _BY_TRACK_AT_LEAST, _LOSS_PER_FRAME = 2.0, 1.2, 0.1
_REACH, _REACH_PER_S = 0.4, 1.0
"""How far somebody may have gone from where they should be, over their size."""
_LOSS_PER_S, _MAX_LOSS_S = 0.3, 3.0
_FREE_GROWTH, _MAX_GROWTH = 1.2, 2.5
_FEWEST_SIZES = 3
"""In fewer frames, much of somebody may be outside the frame, or behind somebody else."""
_COASTING_S = 2.0
_SHORTEST_S = 1 / 60


class Identity:
    """A person: tracklets that follow each other."""

    def __init__(self, tracklets: Sequence[Tracklet]) -> None:
        """Join tracklets.

        Args:
            tracklets: In the order of their first frames.
        """
        self.tracklets = tracklets
        self.sightings = np.concatenate([each.sightings for each in tracklets])
        self.frames = frozenset(self.sightings["frame"].tolist())
        apart = self.sightings[~self.sightings["is_crowded"]]
        self.clothes: FloatArray = median_colors(
            np.where(apart["is_known"][..., None], apart["color"], np.nan)
        )
        """(P, 3), NaN if unknown."""
        self.colored_frames = int(apart["is_known"].any(axis=1).sum())
        """In how many frames something of the clothes was seen."""

    def joined_to(self, other: Identity) -> Identity:
        """Return both as one person."""
        return Identity(_in_order(self, other))


@dataclass(frozen=True, slots=True)
class _Joint:
    """Where a tracklet of one identity follows one of another."""

    evidence: float
    is_unbroken: bool
    """Whether they are of one track, without a frame between them."""
    is_of_track: bool


def linked_ids(sightings: Sightings) -> list[Int32Array]:
    """Decide who is who in all frames of a scene.

    Tracks are cut into tracklets wherever they may go on as somebody else, and tracklets are joined
    to people, those with the best evidence first. What was one track stays one, unless the clothes
    contradict it, or what else is known of the same frames: nobody is in two places at once.

    Returns:
        For each frame the (N,) ids of its people: from 1, in the order in which people appear; 0
        for poses that are of nobody else: the worse of two of one person, parts of others, and
        things that never score like a person.
    """
    seen = sightings.all()
    counts = np.bincount(seen["frame"], minlength=sightings.frame_count)
    ids = [np.zeros(count, np.int32) for count in counts.tolist()]
    tracklets = [each for each in cut_tracks(seen, sightings.handovers) if not _is_thing(each)]
    people = without_fragments(join_tracklets(tracklets, sightings.handovers))
    for number, person in enumerate(people, start=1):
        own = person.sightings
        # The better of two poses comes last in its frame, and replaces the other.
        own = own[np.lexsort((own["score"], own["frame"]))]
        last = np.append(own["frame"][1:] != own["frame"][:-1], True)
        for frame, row in zip(own["frame"][last].tolist(), own["row"][last].tolist(), strict=True):
            ids[frame][row] = number
    return ids


def _is_thing(tracklet: Tracklet) -> bool:
    """Return whether it is apart from everybody, and never has clear points: furniture."""
    seen = tracklet.sightings
    return bool((seen["clear_score"] < MIN_CLEAR_SCORE).all() and not seen["is_crowded"].any())


def join_tracklets(tracklets: Sequence[Tracklet], handovers: Handovers) -> list[Identity]:
    """Return the people of a scene, in the order in which they appear.

    Args:
        tracklets: Of the scene.
        handovers: In the same scene.
    """
    people: dict[int, Identity] = {n: Identity([each]) for n, each in enumerate(tracklets)}
    near: dict[int, set[int]] = {number: set() for number in people}
    for first, second in _near_pairs(tracklets):
        near[first].add(second)
        near[second].add(first)
    # A pair whose evidence was found before one of them was joined to somebody is out of date:
    # who is joined gets a new number.
    queue: list[tuple[float, int, int]] = []

    def compare(number: int, others: Iterable[int]) -> None:
        for other in sorted(others):
            pair = min(number, other), max(number, other)
            evidence = _evidence(people[pair[0]], people[pair[1]], handovers)
            if evidence is not None:
                heapq.heappush(queue, (-evidence, *pair))

    for number in people:
        compare(number, (other for other in near[number] if other < number))
    next_number = len(people)
    while queue:
        _, first, second = heapq.heappop(queue)
        if first not in people or second not in people:
            continue
        people[next_number] = people.pop(first).joined_to(people.pop(second))
        others = (near.pop(first) | near.pop(second)) - {first, second}
        near[next_number] = others
        for other in others:
            near[other] -= {first, second}
            near[other].add(next_number)
        compare(next_number, others)
        next_number += 1
    return sorted(
        people.values(),
        key=lambda person: (person.tracklets[0].first_frame, person.tracklets[0].track_id),
    )


def without_fragments(people: Sequence[Identity]) -> list[Identity]:
    """Return people without those who were seen in a few frames, and always on somebody else."""
    small = [person for person in people if _may_be_fragment(person)]
    others = [person.sightings for person in people if not _may_be_fragment(person)]
    if not small or not others:
        return list(people)
    frames = np.unique(np.concatenate([person.sightings["frame"] for person in small]))
    around = np.concatenate([each[np.isin(each["frame"], frames)] for each in others])
    return [person for person in people if person not in small or not _is_on_others(person, around)]


def _may_be_fragment(person: Identity) -> bool:
    is_crowded = bool(person.sightings["is_crowded"].all())
    return is_crowded and len(person.frames) <= _MAX_FRAGMENT_FRAMES


def _is_on_others(person: Identity, others: SightingArray) -> bool:
    """Return whether each of a person's sightings lies on others in its frame."""
    own = person.sightings
    is_close = are_close(own["box"], others["box"]) & (own["frame"][:, None] == others["frame"])
    return bool(is_close.any(axis=1).all())


def _near_pairs(tracklets: Sequence[Tracklet]) -> Iterator[tuple[int, int]]:
    """Yield the numbers of tracklets between which no more than a short time passes."""
    order = sorted(range(len(tracklets)), key=lambda number: tracklets[number].start_s)
    current: list[int] = []
    for number in order:
        start_s = tracklets[number].start_s
        current = [each for each in current if tracklets[each].end_s >= start_s - _MAX_AWAY_S]
        for each in current:
            yield each, number
        current.append(number)


def _in_order(first: Identity, second: Identity) -> list[Tracklet]:
    both = [*first.tracklets, *second.tracklets]
    return sorted(both, key=lambda each: (each.first_frame, each.track_id))


def _evidence(first: Identity, second: Identity, handovers: Handovers) -> float | None:
    """Return how much speaks for two identities being the same person; None if it is too little."""
    if len(first.frames & second.frames) > _MAX_COMMON_FRAMES:
        return None
    own = {id(each) for each in first.tracklets}
    joints = []
    for before, after in pairwise(_in_order(first, second)):
        if (id(before) in own) != (id(after) in own):
            joint = _joint(before, after, handovers)
            if joint is None:
                return None
            joints.append(joint)
    distances = color_distances(first.clothes, second.clothes)
    distances = distances[~np.isnan(distances)]
    evidence = sum(joint.evidence for joint in joints) / len(joints)
    if len(distances) and distances.min() > OTHER_CLOTHES:
        # Somebody in front, or a shadow, may hide what a person wears for a while.
        is_short = min(first.colored_frames, second.colored_frames) < _SURE_FRAMES
        if not (is_short and any(joint.is_unbroken for joint in joints)):
            return None
        evidence += _BY_OTHER_CLOTHES
    elif len(distances):
        is_same = distances.max() < _SAME_CLOTHES
        evidence += _BY_CLOTHES if is_same else _BY_PARTS_OF_CLOTHES
    is_of_track = any(joint.is_of_track for joint in joints)
    return evidence if is_of_track or evidence >= _ENOUGH else None


def _joint(before: Tracklet, after: Tracklet, handovers: Handovers) -> _Joint | None:
    """Return what speaks for a tracklet going on as another one; None if it cannot be."""
    frames = after.first_frame - before.last_frame
    if before.track_id == after.track_id and after.number == before.number + 1:
        by_track = max(_BY_TRACK - _LOSS_PER_FRAME * (frames - 1), _BY_TRACK_AT_LEAST)
        return _Joint(by_track, is_unbroken=frames == 1, is_of_track=True)
    if frames == 1 and (after.first_frame, before.track_id, after.track_id) in handovers:
        return _Joint(_BY_HANDOVER, is_unbroken=False, is_of_track=False)
    by_place = _evidence_of_place(before, after)
    return None if by_place is None else _Joint(by_place, is_unbroken=False, is_of_track=False)


def _evidence_of_place(before: Tracklet, after: Tracklet) -> float | None:
    """Return 1 or less, the closer a tracklet begins to where another one led; None if too far.

    Somebody may have gone on as before, or gone all the time as they do later, or have stopped.
    """
    away_s: float = max(after.start_s - before.end_s, _SHORTEST_S)
    larger_px = max(before.end_px, after.start_px)
    growth = larger_px / min(before.end_px, after.start_px)
    if min(len(before.sightings), len(after.sightings)) < _FEWEST_SIZES:
        growth = 1.0
    if away_s > _MAX_AWAY_S or growth > _MAX_GROWTH:
        return None
    coasted_s = -_COASTING_S * expm1(-away_s / _COASTING_S)
    moved = after.centers[0] - before.centers[-1]
    ways = (np.zeros(2), coasted_s * before.end_velocity, coasted_s * after.start_velocity)
    away_px = min(float(np.linalg.norm(moved - way)) for way in ways)
    distance = away_px / larger_px
    reach = _REACH + _REACH_PER_S * away_s
    if distance > reach:
        return None
    loss = _LOSS_PER_S * min(away_s, _MAX_LOSS_S) + max(0.0, growth - _FREE_GROWTH)
    return 1 - distance / reach - loss
