"""What is known of a video that is cut, and what is left of it when it is done."""

from __future__ import annotations

from pathlib import Path

from livepose.batch.pieces import CutVideo, piece_items, remove_pieces
from livepose.batch.plan import PIECES, BatchItem, Piece
from livepose.batch.results import ItemResult, Status
from livepose.session.options import Options, SourceOptions


def cut_video(tmp_path: Path) -> CutVideo:
    """Return a video of two pieces, none of which is done."""
    path = tmp_path / "day1" / "a.mp4"
    item = BatchItem("day1/a.mp4", path, Options(SourceOptions(video=str(path))), 100)
    folder = tmp_path / PIECES / item.name
    pieces = (Piece(0.0, 10.0, folder / "0000.jsonl"), Piece(10.0, None, folder / "0001.jsonl"))
    return CutVideo(item, pieces, {piece.name for piece in piece_items(item, pieces)})


def test_a_video_is_begun_with_its_first_piece_and_joined_after_its_last(tmp_path: Path) -> None:
    video = cut_video(tmp_path)
    first, last = piece_items(video.item, video.pieces)
    assert not video.is_begun
    assert video.finish(first, ItemResult(first.name, Status.DONE, frames=300)) == []
    assert video.is_begun and video.frames == 300
    assert video.finish(last, ItemResult(last.name, Status.DONE, frames=200)) == [video.joined]
    assert video.frames == 500


def test_pieces_are_removed_also_if_the_video_was_done_in_one_piece(tmp_path: Path) -> None:
    video = cut_video(tmp_path)
    video.pieces[0].poses.parent.mkdir(parents=True)
    video.pieces[0].poses.touch()
    (tmp_path / "day1").mkdir()
    remove_pieces(video.item, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["day1"]
    remove_pieces(video.item, tmp_path)
