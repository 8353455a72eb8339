"""The place where a video file will stand: may it be written, and how it gets there whole."""

from __future__ import annotations

from pathlib import Path

from livepose.core.errors import OptionError, SinkError
from livepose.core.frame import StreamInfo
from livepose.system.files import check_location, check_vacant, write_error
from livepose.system.pyav import av

SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv")
_LARGEST_SIDE_PX = 16_384


def check_video_target(target: Path, info: StreamInfo, overwrite: bool) -> None:
    """Say no before any work is done.

    Raises:
        OptionError: the suffix is not one of `SUFFIXES`, or the target is the source.
        TargetExists: and `overwrite` is not set.
        SinkError: there is no such folder, or it is one.
    """
    if target.suffix.lower() not in SUFFIXES:
        raise OptionError(f"{target} must end in one of {', '.join(SUFFIXES)}")
    check_location(target, info.path)
    check_vacant(target, overwrite=overwrite)


def check_size(target: Path, width_px: int, height_px: int) -> None:
    """Say no before a file is begun.

    Raises:
        SinkError: the pictures are larger than H.264 takes them.
    """
    if max(width_px, height_px) > _LARGEST_SIDE_PX:
        raise SinkError(
            f"{target} cannot hold {width_px} x {height_px} pixels: "
            f"H.264 ends at {_LARGEST_SIDE_PX} a side"
        )


def reserve_path(beside: Path, mark: str) -> Path:
    """Make an empty file of our own: `NAME.mark.mp4`, or with a number where that is taken."""
    number = 1
    while True:
        numbered = mark if number == 1 else f"{mark}-{number}"
        path = beside.with_name(f"{beside.stem}.{numbered}{beside.suffix.lower()}")
        try:
            path.open("xb").close()
        except FileExistsError:
            number += 1  # left by a run that was killed, or in use by another: not ours to touch
        except OSError as error:
            raise write_error(beside, error) from error
        else:
            return path


def remux_faststart(part: Path) -> None:
    """Turn the fragments into one plain file, which every player and editor takes."""
    whole = reserve_path(part, "whole")
    try:
        with (
            av.open(str(part.absolute())) as fragments,
            av.open(str(whole.absolute()), "w", options={"movflags": "+faststart"}) as output,
        ):
            streams = {s.index: output.add_stream_from_template(s) for s in fragments.streams}
            for packet in fragments.demux():
                if packet.dts is not None:
                    packet.stream = streams[packet.stream.index]
                    output.mux(packet)
        whole.replace(part)
    except (av.FFmpegError, OSError):
        # No room for a second copy. The fragments play too: better them than nothing.
        whole.unlink(missing_ok=True)
