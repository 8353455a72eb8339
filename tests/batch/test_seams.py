"""Pieces are joined where they agree: with the ids and the points of one piece."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from livepose.batch.plan import Piece
from livepose.batch.seams import OVERLAP_S, Seam, add_track_starts, find_seam, join
from livepose.core.errors import SourceError
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.export import RecordingMetadata, open_exporter
from livepose.export.jsonl_reader import read_records

RATE = 5
CUT_S, END_S = 20.0, 50.0
INFO = StreamInfo("clip.mp4", 640, 480, is_live=False, frame_rate=Fraction(RATE), frame_count=250)
PLACES_PX = {"ann": 100.0, "bob": 300.0, "eve": 500.0}
"""Where they are; all move with time."""

People = dict[str, int]
"""Ids by names, in the order in which they were found."""


def poses_of(people: People, time_s: float, error_px: float) -> Poses:
    rng = np.random.default_rng(0)
    body = rng.uniform(0, 120, (17, 2)).astype(np.float32)
    places = [(PLACES_PX[name] + time_s + error_px, 100.0) for name in people]
    xy = body + np.array(places, np.float32).reshape(-1, 1, 2)
    poses = Poses.from_keypoints(xy, np.full((len(people), 17), 0.9, np.float32))
    return replace(poses, track_id=np.array(list(people.values()), np.int32))


def write_piece(
    path: Path,
    start_s: float,
    end_s: float | None,
    people_at: Callable[[float], People],
    *,
    starts_s: tuple[float, ...],
    wrong_until_s: float = 0.0,
    cut_s: float | None = None,
) -> Piece:
    """Write a piece, and how far it goes on.

    Args:
        path: Of its file.
        start_s: When it begins.
        end_s: When it ends; None at the end of the video.
        people_at: Who is found at a time.
        starts_s: When ids were given.
        wrong_until_s: Until then, everybody is seen by a pixel elsewhere.
        cut_s: When a scene begins, besides at the start.
    """
    metadata = RecordingMetadata(INFO, "lightning", settings={"smooth": "none", "start_s": 1.0})
    black = BgrPixels.black(640, 480)
    last_s = END_S if end_s is None else end_s + OVERLAP_S
    times_s = [number / RATE for number in range(int(start_s * RATE), int(last_s * RATE))]
    with open_exporter(path, metadata) as exporter:
        for index, time_s in enumerate(times_s):
            frame = Frame(black, index, time_s, 0.0, skipped_frames=int(start_s * RATE))
            people = people_at(time_s)
            poses = poses_of(people, time_s, float(time_s < wrong_until_s))
            posed = PosedFrame(frame, poses, Region.letterbox(640, 480), 0.1, detections=poses)
            exporter.write(replace(posed, is_scene_start=time_s in (start_s, cut_s)))
    add_track_starts(path, starts_s)
    return Piece(start_s, end_s, path)


def test_a_piece_takes_over_where_both_have_found_the_same_for_long_enough(tmp_path: Path) -> None:
    # Somebody was there before the cut. Ann and Bob are found in another order behind it.
    first = write_piece(
        tmp_path / "1.jsonl",
        *(0.0, CUT_S, lambda time_s: {"ann": 2, "bob": 3}),
        starts_s=(0.0, 3.0, 3.0),
    )

    def people_at(time_s: float) -> People:
        return {"bob": 1, "ann": 2} | ({"eve": 3} if time_s >= 45 else {})

    last = write_piece(
        tmp_path / "2.jsonl",
        *(CUT_S, None, people_at),
        starts_s=(CUT_S, CUT_S, 45.0),
        wrong_until_s=25.0,
    )
    seam = find_seam(first, last)
    assert seam is not None and seam.start_s == 25.0 and seam.ids == {1: 3, 2: 2}
    joined = join([first, last], INFO, tmp_path / "joined.jsonl")
    records = list(read_records(joined))
    assert [record.index for record in records] == list(range(250))
    assert [record.time_s for record in records] == [number / RATE for number in range(250)]
    assert {record.skipped_frames for record in records} == {0}
    assert [record.index for record in records if record.is_scene_start] == [0]
    ids = [record.poses.track_id.tolist() for record in records]
    assert ids == [[2, 3]] * 225 + [[2, 3, 4]] * 25
    for record in records:
        names: People = {"ann": 2, "bob": 3}
        names |= {"eve": 4} if record.time_s >= 45 else {}
        assert (record.poses.xy == poses_of(names, record.time_s, 0.0).xy).all()
    assert joined.metadata.info == INFO
    assert joined.metadata.settings == {"smooth": "none", "start_s": 0.0, "end_s": 0.0}


def pieces_with(
    folder: Path, *, wrong_until_s: float, cut_s: float | None = None, starts_s: tuple[float, ...]
) -> tuple[Piece, Piece]:
    """Return two pieces in which Ann alone is found."""
    first = write_piece(
        folder / "1.jsonl",
        *(0.0, CUT_S, lambda time_s: {"ann": 1}),
        starts_s=(0.0,),
        cut_s=cut_s,
    )
    last = write_piece(
        folder / "2.jsonl",
        *(CUT_S, None, lambda time_s: {"ann": 1}),
        starts_s=starts_s,
        wrong_until_s=wrong_until_s,
        cut_s=cut_s,
    )
    return first, last


def test_pieces_that_agree_too_late_have_no_seam(tmp_path: Path) -> None:
    pieces = pieces_with(tmp_path, wrong_until_s=32.0, starts_s=(CUT_S,))
    assert find_seam(*pieces) is None
    with pytest.raises(SourceError, match="does not agree with the piece before it"):
        join(pieces, INFO, tmp_path / "joined.jsonl")


def test_after_a_cut_pieces_agree_at_once(tmp_path: Path) -> None:
    pieces = pieces_with(tmp_path, wrong_until_s=32.0, cut_s=32.0, starts_s=(CUT_S,))
    assert find_seam(*pieces) == Seam(32.0, {1: 1}, 1, 1)


def test_pieces_that_have_not_given_the_same_ids_have_no_seam(tmp_path: Path) -> None:
    # Somebody who is not shown was found by one of them alone.
    pieces = pieces_with(tmp_path, wrong_until_s=0.0, starts_s=(CUT_S, 33.0))
    assert find_seam(*pieces) is None


def test_somebody_who_comes_back_unknown_is_refused() -> None:
    seam = Seam(20.0, {1: 4}, last_id=2, last_id_before=5)
    assert [each["id"] for each in seam.as_before([{"id": 1}, {"id": 3}, {"id": 0}])] == [4, 6, 0]
    with pytest.raises(SourceError, match=r"somebody has come back behind a seam, at 20\.000 s"):
        seam.as_before([{"id": 2}])


def test_a_piece_that_reaches_the_end_of_the_video_needs_no_next_one(tmp_path: Path) -> None:
    people_at: Callable[[float], People] = lambda time_s: {"ann": 1}  # noqa: E731
    first = write_piece(tmp_path / "1.jsonl", 0.0, END_S - OVERLAP_S, people_at, starts_s=(0.0,))
    last = write_piece(
        tmp_path / "2.jsonl",
        *(END_S - OVERLAP_S, None, people_at),
        starts_s=(END_S - OVERLAP_S,),
        wrong_until_s=END_S,
    )
    joined = join([first, last], INFO, tmp_path / "joined.jsonl")
    assert [record.index for record in read_records(joined)] == list(range(250))


def test_pieces_whose_frames_differ_are_refused(tmp_path: Path) -> None:
    first, last = pieces_with(tmp_path, wrong_until_s=0.0, starts_s=(CUT_S,))
    rows = last.poses.read_bytes().splitlines(keepends=True)
    last.poses.write_bytes(b"".join([*rows[:3], *rows[4:]]))
    with pytest.raises(SourceError, match="does not begin where the piece before it ends"):
        join([first, last], INFO, tmp_path / "joined.jsonl")
