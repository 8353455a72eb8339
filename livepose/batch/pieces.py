"""Long videos are cut into pieces that are worked on apart, and joined again.

A video is cut at key frames, so that no piece decodes what belongs to another one. Where it is cut
depends on the video and on the length of the pieces, and not on how many processes there are. The
network, its crop and the tracker begin `WARM_UP_S` before each cut: by the cut they have found what
they would have found in one piece, and whoever is seen then has two ids, of which `seams` makes
one. Smoothing, gaps that are filled, angles and repetitions are not cut: they are made of the
joined poses, in an ordinary run that reads them in the place of a network.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from livepose.batch.plan import PIECES, BatchItem, Piece
from livepose.batch.results import ItemResult, Status
from livepose.core.errors import SinkError
from livepose.session.options import (
    DataOptions,
    Effort,
    Options,
    OutputOptions,
    Smooth,
    SourceOptions,
)

WARM_UP_S = 5.0
"""How long a piece begins before what is taken of it."""
TAIL_S = 1.0
"""With the best effort, how long it ends behind that: tracks are followed backwards from there."""


def cut(item: BatchItem, piece_s: float, out_dir: Path) -> list[Piece]:
    """Return the pieces of a video; none if it is not cut, as it is too short or has no key frames.

    Args:
        item: The video.
        piece_s: The least length of a piece.
        out_dir: Where the batch writes.

    Raises:
        SourceError: If the video cannot be read.
    """
    from livepose.sources.video import VideoSource

    with VideoSource(item.path) as source:
        # Where frames share packets, all would have to be decoded to know the key frames.
        times = source.frame_times() if source.has_frame_in_each_packet else ()
        cuts = _cuts(times, piece_s)
    folder = _folder_of(item, out_dir)
    return [
        Piece(start_s, end_s, folder / f"{number:04d}.jsonl")
        for number, (start_s, end_s) in enumerate(zip(cuts, [*cuts[1:], None], strict=True))
        if len(cuts) > 1
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
    tail_s = TAIL_S if options.model.effort is Effort.BEST else 0.0
    for number, piece in enumerate(pieces):
        end_s = None if piece.end_s is None else piece.end_s + tail_s
        yield BatchItem(
            f"{item.name}#{number + 1}",
            item.path,
            Options(
                SourceOptions(
                    video=str(item.path), start_s=max(piece.start_s - WARM_UP_S, 0.0), end_s=end_s
                ),
                OutputOptions(overwrite=True, show=False),
                options.model,
                replace(options.people, smooth=Smooth.NONE),
                data=DataOptions(save=(piece.poses,)),
            ),
            item.size_bytes // len(pieces),
            part_of=item.name,
        )


@dataclass(slots=True)
class CutVideo:
    """A video whose pieces are being worked on."""

    item: BatchItem
    pieces: tuple[Piece, ...]
    left: set[str]
    """The names of the pieces that are not done."""
    has_failed: bool = False
    frames: int = 0
    """In the pieces on which work has ended."""
    is_begun: bool = False

    @property
    def joined(self) -> BatchItem:
        """The item that joins the pieces."""
        return replace(self.item, pieces=self.pieces, size_bytes=0)

    def finish(self, piece: BatchItem, result: ItemResult) -> list[BatchItem]:
        """Note what came of a piece, and return what is to be done then.

        After the last piece the video is joined; if one has failed, it is worked on in one piece,
        so that it is reported what there is to report.
        """
        self.is_begun = True
        self.frames += result.frames
        self.left.discard(piece.name)
        self.has_failed |= result.status is Status.FAILED
        if self.left or result.status is Status.INTERRUPTED:
            return []
        return [self.item if self.has_failed else self.joined]


def remove_pieces(item: BatchItem, out_dir: Path) -> None:
    """Delete the poses of the pieces of a video that is done, and the folders that are empty then.

    Args:
        item: The video, also if it was worked on in one piece this time.
        out_dir: Where the batch writes.

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
