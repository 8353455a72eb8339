"""Name what a source file has besides its film, and the written file does not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from livepose.system.pyav import av
from livepose.system.video_streams import film_streams


def left_out(path: Path, *copied: int | None) -> list[str]:
    """Return the names of the streams of a file that are not copied, without its videos.

    Args:
        path: The source file.
        copied: Indices of the streams that are copied.
    """
    with av.open(str(path.absolute())) as container:
        films = {stream.index for stream in film_streams(container)}
        streams = [s for s in container.streams if s.index not in films and s.index not in copied]
        # Each name once, in the order of the streams.
        return list(dict.fromkeys(map(_name, streams)))


def enumerated(names: Sequence[str]) -> str:
    """Return names as a sentence has them.

    >>> enumerated(["subtitles", "timecode", "cover art"])
    'subtitles, timecode and cover art'
    """
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _name(stream: Any) -> str:
    context = stream.codec_context
    if stream.type == "video":
        return "the cover art"
    if stream.type == "audio":
        if context is None:
            return "an audio track whose codec FFmpeg does not know"
        return f"an audio track ({context.codec.canonical_name})"
    if stream.type == "subtitle":
        kind = "" if context is None else f" ({context.codec.canonical_name})"
        return f"subtitles{kind}"
    if "timecode" in stream.metadata:
        return "the timecode track"
    return "attachments" if stream.type == "attachment" else "a data track"
