"""What is known of a video that is cut, and what is left of it when it is done."""

from __future__ import annotations

from collections.abc import Container
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from livepose.batch.pieces import CutVideo, cut, piece_items, remove_pieces
from livepose.batch.plan import PIECES, BatchItem, Piece
from livepose.batch.results import ItemResult, Status
from livepose.batch.seams import OVERLAP_S, add_track_starts
from livepose.core.errors import SourceCutShort
from livepose.session.options import Options, SourceOptions
from livepose.sources.video import VideoSource
from livepose.system.pyav import av

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
            video.begin(item)
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


def test_as_soon_as_a_piece_has_failed_the_video_is_done_in_one_piece(tmp_path: Path) -> None:
    video = cut_video(tmp_path, 4)
    first, second, *others = piece_items(video.item, video.pieces)
    video.begin(first)
    video.begin(second)
    assert video.finish(first, ItemResult(first.name, Status.FAILED)) == [video.item]
    assert [each.name for each in video.not_begun] == [each.name for each in others]
    assert video.finish(second, ItemResult(second.name, Status.FAILED)) == []


def test_pieces_are_removed_also_if_the_video_was_done_in_one_piece(tmp_path: Path) -> None:
    video = cut_video(tmp_path, 2)
    video.pieces[0].poses.touch()
    (tmp_path / "day1").mkdir()
    remove_pieces(video.item, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["day1"]
    remove_pieces(video.item, tmp_path)


def write_film(path: Path, codec: str, first_s: int = 0) -> BatchItem:
    """Write a black film of 40 s, with a key frame every 10 s, and return its item."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, 1, options={"g": "10"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(40):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "bgr24")
            frame.pts, frame.time_base = first_s + number, Fraction(1)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return BatchItem(path.name, path, Options(SourceOptions(video=str(path))), 100)


def test_a_video_whose_key_frames_are_not_known_is_not_cut(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.avi", "mpeg4")
    assert cut(film, 10.0, tmp_path) == []


@pytest.mark.parametrize("suffix", [".mkv", ".ts"])
def test_a_video_that_is_known_to_be_cut_short_is_not_cut(tmp_path: Path, suffix: str) -> None:
    film = write_film(tmp_path / f"film{suffix}", "libx264")
    assert len(cut(film, 10.0, tmp_path)) > 1
    with film.path.open("r+b") as file:
        file.truncate(film.path.stat().st_size * 9 // 10 // 188 * 188 + 100)
    with pytest.raises(SourceCutShort, match=r"film\.\w+ is cut short or damaged"):
        cut(film, 10.0, tmp_path)


def test_pieces_of_a_video_that_does_not_start_at_0_are_read_where_they_are(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mkv", "libx264", first_s=100)
    pieces = cut(film, 10.0, tmp_path)
    assert [piece.start_s for piece in pieces] == [100.0, 110.0, 120.0, 130.0]
    found = []
    for item in piece_items(film, pieces):
        given = item.options.source
        with VideoSource(film.path, given.start_s, given.end_s) as source:
            found.append([frame.time_s for frame in source])
    ends_s = [times_s[-1] for times_s in found]
    assert [times_s[0] for times_s in found] == [100, 110, 120, 130]
    assert ends_s == [130, 139, 139, 139]
