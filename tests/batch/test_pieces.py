"""What is known of a video that is cut, and what is left of it when it is done."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

import orjson

from livepose.batch.pieces import CutVideo, piece_items, remove_pieces
from livepose.batch.plan import PIECES, BatchItem, Piece
from livepose.batch.results import ItemResult, Status
from livepose.batch.seams import OVERLAP_S, add_track_starts
from livepose.session.options import Options, SourceOptions

PIECE_S = 20.0


def cut_video(tmp_path: Path, pieces: int) -> CutVideo:
    """Return a video in pieces of 20 s, none of which is done."""
    path = tmp_path / "day1" / "a.mp4"
    item = BatchItem("day1/a.mp4", path, Options(SourceOptions(video=str(path))), 100)
    folder = tmp_path / PIECES / item.name
    folder.mkdir(parents=True)
    cuts = [
        Piece(PIECE_S * n, PIECE_S * (n + 1) if n + 1 < pieces else None, folder / f"{n + 1}.jsonl")
        for n in range(pieces)
    ]
    return CutVideo(item, cuts, {piece.name for piece in piece_items(item, cuts)})


def write_poses(piece: Piece, video_s: float, *, is_different: bool) -> None:
    """Write a piece in which nobody is found, and what the network saw of each second."""
    end_s = video_s if piece.end_s is None else min(piece.end_s + OVERLAP_S, video_s)
    lines = [
        {
            "time_s": float(time_s),
            "region": [0, 0, 100 + int(is_different), 100, 0],
            "begins_scene": time_s == piece.start_s,
            "found": [],
            "people": [],
        }
        for time_s in range(int(piece.start_s), int(end_s))
    ]
    piece.poses.write_bytes(b"\n".join(map(orjson.dumps, [{}, *lines])) + b"\n")
    add_track_starts(piece.poses, [])


def finish_pieces(video: CutVideo, different: Container[str] = ()) -> list[BatchItem]:
    """Do all pieces that are left, and return what is to be done then."""
    further: list[BatchItem] = []
    for item, piece in zip(piece_items(video.item, video.pieces), video.pieces, strict=True):
        if item.name in video.left:
            assert further == []
            write_poses(piece, 65.0, is_different=item.name in different)
            further = video.finish(item, ItemResult(item.name, Status.DONE, frames=20))
    return further


def test_a_video_is_begun_with_its_first_piece_and_joined_after_its_last(tmp_path: Path) -> None:
    video = cut_video(tmp_path, 3)
    assert not video.is_begun
    assert finish_pieces(video) == [video.joined]
    assert video.is_begun and video.frames == 60


def test_pieces_that_do_not_agree_are_done_again_as_one(tmp_path: Path) -> None:
    video = cut_video(tmp_path, 3)
    again = finish_pieces(video, different={"day1/a.mp4#2"})
    assert [each.name for each in again] == ["day1/a.mp4#1-3"]
    assert again[0].options.source.start_s == 0.0 and again[0].options.source.end_s is None
    assert finish_pieces(video) == [video.joined]
    assert [piece.poses.name for piece in video.joined.pieces] == ["1-3.jsonl"]


def test_a_piece_that_agrees_is_kept(tmp_path: Path) -> None:
    video = cut_video(tmp_path, 3)
    [again] = finish_pieces(video, different={"day1/a.mp4#1"})
    assert again.name == "day1/a.mp4#1-2"
    source = again.options.source
    assert (source.start_s, source.end_s) == (0.0, 2 * PIECE_S + OVERLAP_S)
    assert finish_pieces(video) == [video.joined]
    assert [piece.poses.name for piece in video.joined.pieces] == ["1-2.jsonl", "3.jsonl"]


def test_a_video_of_which_a_piece_failed_is_done_in_one_piece(tmp_path: Path) -> None:
    video = cut_video(tmp_path, 2)
    first, last = piece_items(video.item, video.pieces)
    assert video.finish(first, ItemResult(first.name, Status.FAILED)) == []
    assert video.finish(last, ItemResult(last.name, Status.DONE)) == [video.item]


def test_pieces_are_removed_also_if_the_video_was_done_in_one_piece(tmp_path: Path) -> None:
    video = cut_video(tmp_path, 2)
    video.pieces[0].poses.touch()
    (tmp_path / "day1").mkdir()
    remove_pieces(video.item, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["day1"]
    remove_pieces(video.item, tmp_path)
