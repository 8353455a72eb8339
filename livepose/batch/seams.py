"""Join the poses of pieces: one recording, as if they had been found in one.

Each piece goes on beyond its end, into the next one. There the piece before knows everything of the
past, and the next one begins anew. What the two remember becomes the same, as all of it fades or is
forgotten within `AGREED_S`: so once both have found the same in every frame for so long, they go on
finding the same. From the first of those frames on, what the next piece has found is what the piece
before would have found. Ids are those that the piece before has given, and go on counting from
there. Where two pieces do not agree, there is no seam: they have to be worked on as one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any

import orjson

from livepose.batch.plan import Piece
from livepose.core.errors import SourceError
from livepose.core.frame import StreamInfo
from livepose.export.jsonl import header_line
from livepose.export.jsonl_reader import open_pose_file
from livepose.export.pose_file import PoseFile
from livepose.session.options import Smooth

OVERLAP_S = 21.0
"""How far a piece goes on beyond its end."""
AGREED_S = 11.5
"""For how long two pieces must have found the same: the tracker knows whoever is lost by their
clothes for ten seconds at most. After a cut, nothing is remembered."""
_EARLY_S = 0.001
"""Times are not exact."""
_TRACK_STARTS = "track_starts_s"

_COMPARED = ("size", "region", "survey", "following", "begins_scene", "corrupt")
"""Of a frame, besides its people."""

Line = dict[str, Any]
"""A frame as `.jsonl` has it."""
Person = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seam:
    """Where the next piece takes over from the one before it."""

    start_s: float
    """The first frame that is taken of the next piece; infinite if none is needed."""
    ids: dict[int, int]
    """The ids of people in the piece before, by those that they have in the next one."""
    last_id: int = 0
    """The highest id that the next piece had given by then."""
    last_id_before: int = 0
    """The same of the piece before."""
    places: dict[int, int] = field(default_factory=dict)
    """The place of people among those of a frame of the piece before, by the ids in `ids`; none
    if both pieces had them in the same order."""

    def as_before(self, people: Sequence[Person]) -> list[Person]:
        """Return people of the next piece with the ids and in the order of the piece before.

        Raises:
            SourceError: If there is somebody whom it does not know.
        """
        ordered = list(people)
        if self.places:
            # Whoever is new comes behind those who are known.
            ordered.sort(key=lambda person: self.places.get(person["id"], len(self.places)))
        return [person | {"id": self._id_before(person["id"])} for person in ordered]

    def _id_before(self, track_id: int) -> int:
        if not track_id:
            return 0  # nobody's
        if track_id > self.last_id:
            return track_id - self.last_id + self.last_id_before
        if track_id not in self.ids:
            raise SourceError(f"somebody has come back behind a seam, at {self.start_s:.3f} s")
        return self.ids[track_id]


def add_track_starts(poses: Path, track_starts_s: Sequence[float]) -> None:
    """Add to the poses of a piece when each of its ids was given.

    Raises:
        OSError: If the file cannot be written.
    """
    with poses.open("ab") as file:
        file.write(orjson.dumps({_TRACK_STARTS: track_starts_s}) + b"\n")


def find_seam(before: Piece, after: Piece) -> Seam | None:
    """Return where a piece takes over from the one before it; None if they do not agree.

    Args:
        before: A piece, which goes on beyond its end.
        after: The next one.

    Raises:
        SourceError: If a file is damaged, or if the two have not the same frames.
    """
    lines_before, starts_before_s = _lines_from(before.poses, after.start_s)
    if after.end_s is None and not _has_line_after(after.poses, lines_before):
        return Seam(inf, {})  # the piece before has all that there is of the video
    end_s = after.start_s + OVERLAP_S
    lines_before = [line for line in lines_before if line["time_s"] < end_s - _EARLY_S]
    lines = list(_lines_until(after.poses, end_s - _EARLY_S))
    if not lines or [line["time_s"] for line in lines] != [each["time_s"] for each in lines_before]:
        raise SourceError(f"{after.poses} does not begin where the piece before it ends")
    starts_s = _track_starts(after.poses)
    return _agreed(list(zip(lines_before, lines, strict=True)), starts_before_s, starts_s, after)


def _agreed(
    pairs: Sequence[tuple[Line, Line]],
    starts_before_s: Sequence[float],
    starts_s: Sequence[float],
    after: Piece,
) -> Seam | None:
    """Return the seam at the first of the frames in which two pieces agree, up to the last one."""
    end_s = pairs[-1][0]["time_s"]
    more = _more_tracks(starts_before_s, starts_s, end_s)
    ids: dict[int, int] = {}
    places: dict[int, int] = {}
    seam_s, has_cut, is_other_order = inf, False, False
    for line_before, line in reversed(pairs):
        time_s = line["time_s"]
        if _more_tracks(starts_before_s, starts_s, time_s) != more or not _agree(line_before, line):
            break
        same = list(zip(_by_place(line["people"]), _by_place(line_before["people"]), strict=True))
        if any(ids.get(own["id"], other["id"]) != other["id"] for own, other in same):
            break
        ids |= {own["id"]: other["id"] for own, other in same}
        order = [person["id"] for person in line_before["people"]]
        is_other_order |= order != [ids[person["id"]] for person in line["people"]]
        places = {own["id"]: order.index(other["id"]) for own, other in same} | places
        seam_s, has_cut = time_s, has_cut or line["begins_scene"]
    if not (has_cut or end_s - seam_s >= AGREED_S - 2 * _EARLY_S):
        return None
    if after.end_s is not None and seam_s >= after.end_s:
        return None
    last_id = bisect_right(starts_s, seam_s)
    return Seam(seam_s, ids, last_id, last_id + more, places if is_other_order else {})


def _more_tracks(starts_before_s: Sequence[float], starts_s: Sequence[float], time_s: float) -> int:
    """Return how many more ids the piece before has given than the next one."""
    return bisect_right(starts_before_s, time_s) - bisect_right(starts_s, time_s)


def _agree(line_before: Line, line: Line) -> bool:
    """Return whether the same was found in a frame, apart from the people's ids."""
    if any(line_before.get(name) != line.get(name) for name in _COMPARED):
        return False
    if _by_place(line_before["found"]) != _by_place(line["found"]):
        return False
    people_before, people = (
        [person | {"id": 0} for person in _by_place(each["people"])] for each in (line_before, line)
    )
    return people_before == people


def _by_place(people: Sequence[Person]) -> list[Person]:
    """Return people in an order that depends on where they are alone."""
    return sorted(people, key=lambda person: person["keypoints"])


def join(pieces: Sequence[Piece], info: StreamInfo, target: Path) -> PoseFile:
    """Write the poses of all pieces as if they had been found in one.

    Args:
        pieces: In their order.
        info: Of the whole video.
        target: The `.jsonl` to write.

    Raises:
        SourceError: If the file of a piece cannot be read, or if pieces do not fit together: then
            the video has to be worked on in one piece.
        OSError: If the target cannot be written.
    """
    first = open_pose_file(pieces[0].poses).metadata
    settings = {**first.settings, "smooth": Smooth.NONE.value, "start_s": 0.0, "end_s": 0.0}
    metadata = replace(first, info=info, settings=settings)
    seams = [_checked_seam(*each) for each in pairwise(pieces)]
    starts_s = [-inf, *(seam.start_s for seam in seams), inf]
    index = 0
    with target.open("wb") as file:
        file.write(header_line(metadata) + b"\n")
        for number, piece in enumerate(pieces):
            for line in _lines_until(piece.poses, starts_s[number + 1]):
                if line["time_s"] < starts_s[number]:
                    continue
                line["frame"] = line["source_frame"] = index
                index += 1
                for seam in reversed(seams[:number]):
                    line["people"] = seam.as_before(line["people"])
                file.write(orjson.dumps(line) + b"\n")
            if starts_s[number + 1] == inf:
                break
    return open_pose_file(target)


def _checked_seam(before: Piece, after: Piece) -> Seam:
    """Return where a piece takes over from the one before it.

    Raises:
        SourceError: If the two do not agree.
    """
    seam = find_seam(before, after)
    if seam is None:
        raise SourceError(f"{after.poses} does not agree with the piece before it")
    return seam


def _lines_until(poses: Path, end_s: float) -> Iterator[Line]:
    """Yield the frames of a piece before a time.

    Raises:
        SourceError: If its file is damaged.
    """
    for line in _parsed(poses, _rows(poses)[1:]):
        if _TRACK_STARTS in line or line["time_s"] >= end_s:
            return
        yield line


def _lines_from(poses: Path, start_s: float) -> tuple[list[Line], list[float]]:
    """Return the frames of a piece from a time on, and when its ids were given.

    Raises:
        SourceError: If its file is damaged.
    """
    rows = _parsed(poses, reversed(_rows(poses)[1:]))
    starts_s = _starts_of(next(rows, {}), poses)
    lines: list[Line] = []
    for line in rows:
        if line["time_s"] < start_s:
            break
        lines.append(line)
    return lines[::-1], starts_s


def _track_starts(poses: Path) -> list[float]:
    return _starts_of(next(_parsed(poses, _rows(poses)[-1:])), poses)


def _starts_of(line: Line, poses: Path) -> list[float]:
    if _TRACK_STARTS not in line:
        raise SourceError(f"{poses} is not whole")
    starts_s: list[float] = line[_TRACK_STARTS]
    return starts_s


def _has_line_after(poses: Path, lines: Sequence[Line]) -> bool:
    """Return whether a piece has a frame behind some others."""
    last_s = lines[-1]["time_s"] if lines else -inf
    return any(line["time_s"] > last_s for line in _lines_from(poses, last_s)[0])


def _rows(poses: Path) -> list[bytes]:
    """Return the rows of a file.

    Raises:
        SourceError: If it cannot be read.
    """
    try:
        return poses.read_bytes().splitlines()
    except OSError as error:
        raise SourceError(f"{poses} cannot be read: {error}") from error


def _parsed(poses: Path, rows: Iterable[bytes]) -> Iterator[Line]:
    """Yield rows of a file as what they hold, each when it is wanted.

    Raises:
        SourceError: If one is damaged.
    """
    for row in rows:
        try:
            yield orjson.loads(row)
        except ValueError as error:
            raise SourceError(f"{poses} cannot be read: {error}") from error
