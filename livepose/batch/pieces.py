"""Long videos are cut into pieces that are worked on apart, and joined again.

A video is cut at key frames, so that no piece decodes what belongs to another one. Where it is cut
depends on the video and on the length of the pieces, and not on how many processes there are. The
network, its crop and the tracker go on beyond the end of each piece, until they find what the next
piece has found as well (`seams`): from there on, the next piece has what would have been found in
one. Neighbours that do not come to agree are worked on again, as one piece. Smoothing, gaps that
are filled, angles and repetitions are not cut: they are made of the joined poses, in an ordinary
run that reads them in the place of a network.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from livepose.batch.plan import PIECES, BatchItem, Piece
from livepose.batch.results import ItemResult, Status
from livepose.batch.seams import OVERLAP_S, find_seam
from livepose.batch.temporary_folders import temporary_folder
from livepose.core.errors import SinkError, SourceCutShort, SourceError
from livepose.session.options import (
    DataOptions,
    Effort,
    Options,
    OutputOptions,
    Smooth,
    SourceOptions,
)

TAIL_S = 1.0
"""With the best effort, how far a piece goes on behind its overlap: tracks are followed backwards
from there, and gaps are filled."""


def cut(item: BatchItem, piece_s: float, out_dir: Path) -> list[Piece]:
    """Return the pieces of a video; none if it is not cut, as it is too short or has no key frames.

    Args:
        item: The video.
        piece_s: The least length of a piece.
        out_dir: Where the batch writes.

    Raises:
        SourceCutShort: If it is known to be cut short or damaged: its pieces would be done for
            nothing, as what is missing is reported of the whole.
        SourceError: If the video cannot be read.
    """
    from livepose.sources.video import VideoSource

    with VideoSource(item.path) as source:
        if source.has_broken_structure:
            raise SourceCutShort(f"{item.name} is cut short or damaged")
        # Where frames share packets, all would have to be decoded to know the key frames.
        times = source.frame_times() if source.has_frame_in_each_packet else ()
        cuts = _cuts(times, piece_s)
        origin_s = source.info.origin_s
    folder = _folder_of(item, out_dir)
    if len(cuts) < 2:
        return []
    # The first piece begins with the file, which its first frame may not do.
    bounds_s = zip([origin_s, *cuts[1:]], [*cuts[1:], None], strict=True)
    return [
        Piece(start_s, end_s, folder / f"{number}.jsonl", origin_s)
        for number, (start_s, end_s) in enumerate(bounds_s, start=1)
    ]


def _folder_of(item: BatchItem, out_dir: Path) -> Path:
    return out_dir / PIECES / item.name


def _cuts(frames: Iterable[tuple[float, bool]], piece_s: float) -> list[float]:
    """Return when pieces start, of the times of frames and whether they are key frames.

    The last piece is at least half as long as the others.

    >>> frames = [(0.5 * number, number % 4 == 0) for number in range(41)]
    >>> _cuts(frames, 7.0)
    [0.0, 8.0, 16.0]
    >>> _cuts(frames, 6.0)
    [0.0, 6.0, 12.0]
    """
    cuts: list[float] = []
    last_s = 0.0
    for time_s, is_key_frame in frames:
        if not cuts or (is_key_frame and time_s >= cuts[-1] + piece_s):
            cuts.append(time_s)
        last_s = time_s
    if len(cuts) > 1 and last_s - cuts[-1] < piece_s / 2:
        cuts.pop()
    return cuts


def piece_items(item: BatchItem, pieces: Sequence[Piece]) -> Iterator[BatchItem]:
    """Yield for each piece the run that finds its poses, unsmoothed.

    Args:
        item: The video.
        pieces: Of it.
    """
    options = item.options
    is_best = options.model.effort is Effort.BEST
    tail_s = OVERLAP_S + (TAIL_S if is_best else 0.0)
    for piece in pieces:
        yield BatchItem(
            f"{item.name}#{piece.poses.stem}",
            item.path,
            Options(
                SourceOptions(
                    video=str(item.path),
                    start_s=piece.start_s - piece.origin_s,
                    end_s=None if piece.end_s is None else piece.end_s - piece.origin_s + tail_s,
                ),
                OutputOptions(overwrite=True, show=False),
                options.model,
                replace(options.people, smooth=Smooth.NONE),
                data=DataOptions(
                    save=(piece.poses,), fill_frames=options.data.fill_frames if is_best else None
                ),
            ),
            item.size_bytes // len(pieces),
            part_of=item.name,
            source=item.source,
            destination=item.destination,
        )


def merge(pieces: Sequence[Piece], agree: Sequence[bool]) -> list[Piece]:
    """Return pieces of which those that do not agree are one.

    >>> pieces = [Piece(0, 9, Path("1.jsonl")), Piece(9, 20, Path("2.jsonl"))]
    >>> pieces.append(Piece(20, None, Path("3.jsonl")))
    >>> [(piece.start_s, piece.poses.name) for piece in merge(pieces, (True, False))]
    [(0, '1.jsonl'), (9, '2-3.jsonl')]

    Args:
        pieces: Of a video, in their order.
        agree: Whether each but the first one agrees with the one before it.
    """
    merged = [pieces[0]]
    for piece, agrees in zip(pieces[1:], agree, strict=True):
        if agrees:
            merged.append(piece)
        else:
            before = merged.pop()
            first, last = before.poses.stem.split("-")[0], piece.poses.stem.split("-")[-1]
            poses = piece.poses.with_name(f"{first}-{last}.jsonl")
            merged.append(replace(before, end_s=piece.end_s, poses=poses))
    return merged


class CutVideo:
    """A video whose pieces are being worked on."""

    def __init__(self, item: BatchItem, pieces: Sequence[Piece], left: Iterable[str]) -> None:
        """Begin with the pieces that a video is cut into.

        Args:
            item: The video.
            pieces: Of it.
            left: The names of the pieces that are not done.
        """
        self.item = item
        self.pieces = tuple(pieces)
        self.left = set(left)
        self._begun: set[str] = set()
        self.frames = 0
        """In the pieces on which work has ended."""
        self.seconds = 0.0
        """How long the work on those took."""
        self._is_in_one_piece = False
        self._seams: dict[tuple[Path, Path], bool] = {}
        """Whether two neighbours agree, as far as that is known."""

    @property
    def is_begun(self) -> bool:
        """Whether a piece was begun."""
        return bool(self._begun)

    @property
    def not_begun(self) -> list[BatchItem]:
        """The pieces that were not begun, and are not done since an earlier batch."""
        names = self.left - self._begun
        return [item for item in piece_items(self.item, self.pieces) if item.name in names]

    @property
    def joined(self) -> BatchItem:
        """The item that joins the pieces."""
        return replace(self.item, pieces=self.pieces, size_bytes=0)

    def begin(self, piece: BatchItem) -> None:
        """Note that a piece is begun."""
        self._begun.add(piece.name)

    def finish(self, piece: BatchItem, result: ItemResult) -> list[BatchItem]:
        """Note what came of a piece, and return what is to be done then.

        After the last piece that is `next_items`. As soon as one has failed, the video is worked on
        in one piece, so that it is reported what there is to report.
        """
        self.frames += result.frames
        self.seconds += result.seconds
        self.left.discard(piece.name)
        if self._is_in_one_piece or result.status is Status.INTERRUPTED:
            return []
        if result.status is Status.FAILED:
            self._is_in_one_piece = True
            return [self.item]
        self._compare_neighbours()
        return [] if self.left else self.next_items()

    def next_items(self) -> list[BatchItem]:
        """Return what is to be done after all pieces: the video, or those that do not agree."""
        self._compare_neighbours()
        agree = [self._seams[each] for each in self._neighbours()]
        if all(agree):
            return [self.joined]
        before, self.pieces = self.pieces, tuple(merge(self.pieces, agree))
        items = zip(piece_items(self.item, self.pieces), self.pieces, strict=True)
        again = [item for item, piece in items if piece not in before]
        self.left = {item.name for item in again}
        return again

    def _neighbours(self) -> list[tuple[Path, Path]]:
        return [(before.poses, after.poses) for before, after in pairwise(self.pieces)]

    def _compare_neighbours(self) -> None:
        """Compare those that are done, and were not compared before."""
        items = list(piece_items(self.item, self.pieces))
        done = [item.name not in self.left for item in items]
        for number, key in enumerate(self._neighbours()):
            if done[number] and done[number + 1] and key not in self._seams:
                before, after = self.pieces[number : number + 2]
                try:
                    self._seams[key] = self._agree(before, after)
                except SourceError:
                    self._seams[key] = True  # where they are joined, it is said what is wrong

    def _agree(self, before: Piece, after: Piece) -> bool:
        """Return whether two neighbours agree.

        Raises:
            SourceError: If they cannot be read, or have not the same frames.
        """
        if self.item.destination is None:
            return find_seam(before, after) is not None
        from livepose.batch.remote import fetch

        with temporary_folder() as folder:
            here = []
            for piece in (before, after):
                path = folder / piece.poses.name
                fetch(self.item.destination.below(piece.poses), path)
                here.append(replace(piece, poses=path))
            return find_seam(*here) is not None


def remove_pieces(item: BatchItem, out_dir: Path) -> None:
    """Delete the poses of the pieces of a video, and the folders that are empty then.

    Args:
        item: The video, also if it was worked on in one piece this time.
        out_dir: Where the batch writes, on this machine.

    Raises:
        SinkError: If they cannot be deleted.
    """
    folder = _folder_of(item, out_dir)
    if not folder.is_dir():
        return
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise SinkError(f"{folder} cannot be deleted: {error.strerror or error}") from error
    for parent in folder.parents:
        try:
            parent.rmdir()
        except OSError:
            return  # other pieces are in it
        if parent.name == PIECES:
            return
