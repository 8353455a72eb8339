"""Join the poses of pieces: one recording, in which everybody keeps one id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from livepose.batch.plan import Piece
from livepose.core.arrays import FloatArray
from livepose.core.errors import SourceError
from livepose.core.frame import StreamInfo
from livepose.core.skeleton import Skeleton
from livepose.export.jsonl import header_line
from livepose.export.jsonl_reader import open_pose_file
from livepose.export.pose_file import PoseFile
from livepose.motion.tracking.similarity import oks
from livepose.session.options import Smooth

MIN_SIMILARITY = 0.5
"""Mean OKS over the common frames: two views of one person differ by a pixel or two."""

Line = dict[str, Any]
"""A frame as `.jsonl` has it."""


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
    before: list[Line] = []
    index = highest_id = 0
    with target.open("wb") as file:
        file.write(header_line(metadata) + b"\n")
        for piece in pieces:
            overlap, own = _read(piece)
            _check_same_frames(piece, before, overlap)
            ids = match_ids(before, overlap, metadata.skeleton)
            for line in own:
                line["frame"] = line["source_frame"] = index
                index += 1
                for person in line["people"]:
                    # The first piece has the tracker's own ids; 0 is nobody's.
                    new_id = highest_id + 1 if before else person["id"]
                    person["id"] = ids.setdefault(person["id"], new_id) if person["id"] else 0
                    highest_id = max(highest_id, person["id"])
                file.write(orjson.dumps(line) + b"\n")
            before = own
    return open_pose_file(target)


def match_ids(
    before: Sequence[Line], overlap: Sequence[Line], skeleton: Skeleton
) -> dict[int, int]:
    """Return the ids that people of the next piece had in the piece before, by their own.

    They are those whose poses agree in the frames that both pieces have, taken together.

    Args:
        before: The frames of the piece before.
        overlap: The frames of the next piece that the piece before has, too.
        skeleton: What the keypoints are.
    """
    from scipy.optimize import linear_sum_assignment

    sums: dict[tuple[int, int], list[float]] = defaultdict(list)
    earlier = {line["time_s"]: line["people"] for line in before}
    for line in overlap:
        people = [each for each in line["people"] if each["id"]]
        others = [each for each in earlier.get(line["time_s"], ()) if each["id"]]
        if people and others:
            for row, values in zip(people, _similarity(people, others, skeleton), strict=True):
                for other, value in zip(others, values.tolist(), strict=True):
                    sums[row["id"], other["id"]].append(value)
    rows = sorted({own for own, _ in sums})
    columns = sorted({other for _, other in sums})
    means = np.zeros((len(rows), len(columns)))
    for (own, other), values in sums.items():
        means[rows.index(own), columns.index(other)] = np.mean(values)
    return {
        rows[row]: columns[column]
        for row, column in zip(*linear_sum_assignment(-means), strict=True)
        if means[row, column] >= MIN_SIMILARITY
    }


def _similarity(
    people: Sequence[Mapping[str, Any]], others: Sequence[Mapping[str, Any]], skeleton: Skeleton
) -> FloatArray:
    """Return the OKS of each of the people with each of the others, (P, O)."""
    points = np.array([each["keypoints"] for each in people], np.float32)
    other_points = np.array([each["keypoints"] for each in others], np.float32)
    boxes = np.array([each["box"] for each in people], np.float32)
    area_px = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    all_points = np.ones(points.shape[:2], np.bool_)
    return oks(points[..., :2], all_points, area_px, other_points[..., :2], skeleton)


def _read(piece: Piece) -> tuple[list[Line], list[Line]]:
    """Return the frames before a piece that it has warmed up in, and its own.

    Raises:
        SourceError: If its file is damaged.
    """
    try:
        with piece.poses.open("rb") as file:
            file.readline()
            lines: list[Line] = [orjson.loads(text) for text in file]
    except (OSError, ValueError) as error:
        raise SourceError(f"{piece.poses} cannot be read: {error}") from error
    overlap = [line for line in lines if line["time_s"] < piece.start_s]
    end_s = np.inf if piece.end_s is None else piece.end_s
    return overlap, [line for line in lines if piece.start_s <= line["time_s"] < end_s]


def _check_same_frames(piece: Piece, before: Sequence[Line], overlap: Sequence[Line]) -> None:
    """Check that two pieces have the same frames where they overlap.

    Raises:
        SourceError: If they have not.
    """
    if not before:
        return
    times = [line["time_s"] for line in overlap]
    start_s = times[0] if times else piece.start_s
    if times != [line["time_s"] for line in before if line["time_s"] >= start_s]:
        raise SourceError(f"{piece.poses} does not begin where the piece before it ends")
