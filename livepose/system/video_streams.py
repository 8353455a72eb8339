"""Select the stream of a container that is its film."""

from __future__ import annotations

from typing import Any

from livepose.system.pyav import av

# No films: covers, and the images for a player's time line.
_NO_FILM = (
    av.stream.Disposition.attached_pic
    | av.stream.Disposition.timed_thumbnails
    | av.stream.Disposition.still_image
)
_IMAGE_CODECS = frozenset({"mjpeg", "png", "bmp", "gif", "webp", "tiff", "jpeg2000", "jpegls"})


def select_video_stream(container: Any) -> Any:
    """Return the stream that a player would show: the default one, of several the largest.

    Attached images are no films. Where a stream of images stands beside a video, as a preview or
    a cover that is not marked as such, the video is the film.

    Args:
        container: An `av` input container.

    Raises:
        LookupError: If no video stream can be decoded. The message names the reason, without the
            file's name.
    """
    films = film_streams(container)
    if not films:
        raise LookupError(
            "it has no video stream, only an image"
            if container.streams.video
            else "it has no video stream"
        )
    decodable = [stream for stream in films if stream.codec_context is not None]
    if not decodable:
        raise LookupError("FFmpeg does not know the codec of its video")
    return max(decodable, key=_rank)


def film_streams(container: Any) -> list[Any]:
    """Return the video streams that are not images attached to a film."""
    return [stream for stream in container.streams.video if not stream.disposition & _NO_FILM]


def describe_stream(stream: Any) -> str:
    """Return what a video stream is: `stream 1 (h264, 384 x 496)`."""
    context = stream.codec_context
    if context is None:
        return f"stream {stream.index} (of an unknown codec)"
    return (
        f"stream {stream.index} ({context.codec.canonical_name}, "
        f"{context.width} x {context.height})"
    )


def _rank(stream: Any) -> tuple[bool, bool, bool, int, int]:
    context = stream.codec_context
    return (
        stream.frames != 1,
        bool(stream.disposition & av.stream.Disposition.default),
        context.codec.canonical_name not in _IMAGE_CODECS,
        context.width * context.height,
        -stream.index,
    )
