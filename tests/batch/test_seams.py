"""Pieces are joined: everybody keeps one id, every frame is there once."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from livepose.batch.plan import Piece
from livepose.batch.seams import join
from livepose.core.errors import SourceError
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.export import RecordingMetadata, open_exporter
from livepose.export.jsonl_reader import read_records

INFO = StreamInfo("clip.mp4", 640, 480, is_live=False, frame_rate=Fraction(10), frame_count=40)
STAND_PX = {"ann": 100.0, "bob": 300.0, "eve": 500.0}
"""Where they stand; by a pixel elsewhere in each piece."""


def poses_of(people: dict[str, int], shift_px: float) -> Poses:
    """Return people who stand apart, with these ids."""
    rng = np.random.default_rng(0)
    body = rng.uniform(0, 120, (17, 2)).astype(np.float32)
    places = np.array([(STAND_PX[name] + shift_px, 100.0) for name in people], np.float32)
    score = np.full((len(people), 17), 0.9, np.float32)
    poses = Poses.from_keypoints(body + places[:, None], score)
    return replace(poses, track_id=np.array(list(people.values()), np.int32))


def write_piece(
    folder: Path, number: int, first: int, people: list[dict[str, int]], start: int, end: int | None
) -> Piece:
    """Write a piece whose file begins at one frame, and of which others are taken."""
    path = folder / f"{number}.jsonl"
    metadata = RecordingMetadata(INFO, "lightning", settings={"smooth": "none", "start_s": 1.0})
    black = BgrPixels.black(640, 480)
    with open_exporter(path, metadata) as exporter:
        for offset, there in enumerate(people):
            frame = Frame(black, offset, (first + offset) / 10, 0.0, skipped_frames=first)
            poses = poses_of(there, float(number)) if there else Poses.empty()
            exporter.write(PosedFrame(frame, poses, Region.letterbox(640, 480), 0.0))
    return Piece(start / 10, None if end is None else end / 10, path)


def test_everybody_keeps_one_id_and_whoever_is_new_gets_a_new_one(tmp_path: Path) -> None:
    # Bob and Ann are numbered the other way round in the second piece, where Eve comes in.
    pieces = [
        write_piece(tmp_path, 0, 0, [{"ann": 1, "bob": 2}] * 20, 0, 20),
        write_piece(
            tmp_path, 1, 10, [{"bob": 1, "ann": 2}] * 15 + [{"eve": 3, "ann": 2}] * 15, 20, None
        ),
    ]
    joined = join(pieces, INFO, tmp_path / "joined.jsonl")
    records = list(read_records(joined))
    assert [record.index for record in records] == list(range(40))
    assert [record.time_s for record in records] == [number / 10 for number in range(40)]
    assert {record.skipped_frames for record in records} == {0}
    ids = [record.poses.track_id.tolist() for record in records]
    assert ids == [[1, 2]] * 20 + [[2, 1]] * 5 + [[3, 1]] * 15
    assert joined.metadata.info == INFO
    assert joined.metadata.settings == {"smooth": "none", "start_s": 0.0, "end_s": 0.0}


def test_who_is_gone_at_the_seam_is_no_one_else(tmp_path: Path) -> None:
    pieces = [
        write_piece(tmp_path, 0, 0, [{"ann": 1}] * 10 + [{}] * 10, 0, 20),
        write_piece(tmp_path, 1, 10, [{}] * 10 + [{"bob": 1}] * 10, 20, None),
    ]
    records = list(read_records(join(pieces, INFO, tmp_path / "joined.jsonl")))
    assert [record.poses.track_id.tolist() for record in records] == [[1]] * 10 + [[]] * 10 + [
        [2]
    ] * 10


def test_pieces_whose_frames_differ_are_refused(tmp_path: Path) -> None:
    first = write_piece(tmp_path, 0, 0, [{"ann": 1}] * 18, 0, 20)
    second = write_piece(tmp_path, 1, 10, [{"ann": 1}] * 20, 20, None)
    with pytest.raises(SourceError, match="does not begin where the piece before it ends"):
        join([first, second], INFO, tmp_path / "joined.jsonl")
