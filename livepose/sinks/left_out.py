"""What a source file has besides its film: the tags that are kept, the names of what is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from livepose.system.video_streams import film_streams

TIMECODE = "timecode"
_TIMECODE_NAME = "the timecode track"
_KEPT_TAGS = ("title", "artist", "date", "creation_time", "comment", "description", "copyright")


def read_tags(container: Any) -> dict[str, str]:
    """Return what a file says of itself that a written copy keeps: its title, when it was made."""
    tags = {key.lower(): value for key, value in container.metadata.items()}
    timecodes = [each.metadata[TIMECODE] for each in container.streams if TIMECODE in each.metadata]
    kept = {key: tags[key] for key in _KEPT_TAGS if key in tags}
    timecodes += [tags[TIMECODE]] if TIMECODE in tags else []
    return kept | ({TIMECODE: timecodes[0]} if timecodes else {})


def left_out(container: Any, *copied: int, has_timecode: bool = False) -> list[str]:
    """Return the names of the streams of a file that are not copied, without its videos.

    Args:
        container: The source file, an `av` input container.
        copied: Indices of the streams that are copied.
        has_timecode: Whether the timecode is kept.
    """
    films = {stream.index for stream in film_streams(container)}
    streams = [s for s in container.streams if s.index not in films and s.index not in copied]
    # Each name once, in the order of the streams.
    names = dict.fromkeys(map(_name, streams))
    if has_timecode:
        names.pop(_TIMECODE_NAME, None)
    return list(names)


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
        return _TIMECODE_NAME
    return "attachments" if stream.type == "attachment" else "a data track"
