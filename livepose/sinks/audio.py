"""The sound of a source file, copied along with the pictures as they are written."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from livepose.system.pyav import av

_PLAYS_IN_MP4 = frozenset({"aac", "mp3", "ac3", "eac3", "opus", "alac"})
_AAC_RATES = frozenset({8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000})
_SLACK_S = 0.2
_LEAD_IN_S = 0.1
"""Codecs begin a little before 0; what lies earlier was cut away by an edit list."""


class AudioTrack:
    """The first sound track of a file, from a moment on.

    Copied bit for bit where the target can carry it and players know it there; else encoded anew as
    AAC.
    """

    def __init__(self, path: Path, output: Any, *, origin_s: float, is_matroska: bool) -> None:
        """Add a sound track to an output that has not begun yet.

        Args:
            path: the source.
            output: an av output container.
            origin_s: this time stamp of the source becomes 0 in the output.
            is_matroska: the target carries any codec.
        """
        self._input = av.open(str(path.absolute()))
        track = self._input.streams.audio[0]
        video = self._input.streams.video[0]
        self._origin_s = origin_s
        self._pictures_end_s = _end_s(self._input, video)
        if is_matroska or _fits_mp4(track):
            self._out = output.add_stream_from_template(track)
            packets = self._copied(track)
        else:
            self._out = _add_aac(output, track.codec_context)
            packets = self._encoded(track)
        if origin_s > 0:
            self._input.seek(round(origin_s * av.time_base), backward=True)
        self._output = output
        self._packets = packets
        self._next = next(packets, None)

    def mux_until(self, time_s: float) -> None:
        """Write the sound that begins before a moment, in seconds of the output."""
        while self._next is not None and float(self._next.pts * self._next.time_base) < time_s:
            self._output.mux(self._next)
            self._next = next(self._packets, None)

    def finish(self, pictures_end_s: float) -> None:
        """Write the rest: all of it if the pictures were all written, else up to their end."""
        all_written = pictures_end_s + self._origin_s > self._pictures_end_s - _SLACK_S
        self.mux_until(float("inf") if all_written else pictures_end_s)

    def close(self) -> None:
        self._input.close()

    def _copied(self, track: Any) -> Iterator[Any]:
        for packet in self._readable(self._input.demux(track)):
            if packet.dts is None or packet.pts is None:
                continue
            shift = round(self._origin_s / packet.time_base)
            lead_in = 0 if shift else round(_LEAD_IN_S / packet.time_base)
            if packet.pts < shift - lead_in:
                continue
            packet.pts -= shift
            packet.dts -= shift
            packet.stream = self._out
            yield packet

    def _encoded(self, track: Any) -> Iterator[Any]:
        context = self._out.codec_context
        resampler = av.AudioResampler(
            format="fltp", layout=context.layout, rate=context.sample_rate
        )
        samples: int | None = None
        for frame in self._readable(self._input.decode(track)):
            if frame.time is None or frame.time < self._origin_s:
                continue
            for resampled in resampler.resample(frame):
                # Counted in samples: a container's coarse unit would make times stand still.
                if samples is None:
                    samples = round((frame.time - self._origin_s) * context.sample_rate)
                resampled.pts, resampled.time_base = samples, Fraction(1, context.sample_rate)
                samples += resampled.samples
                yield from self._out.encode(resampled)
        yield from self._out.encode()

    def _readable(self, items: Iterator[Any]) -> Iterator[Any]:
        """End where the source's sound breaks off; that it is damaged is the source's to tell."""
        try:
            yield from items
        except av.FFmpegError:
            return


def _add_aac(output: Any, decoder: Any) -> Any:
    is_usual = decoder.sample_rate in _AAC_RATES
    stream = output.add_stream("aac", rate=decoder.sample_rate if is_usual else 48_000)
    stream.bit_rate = 160_000
    # By count: what a WAV-like file calls "1 channels" the encoder wants to hear called mono.
    stream.layout = "mono" if decoder.layout.nb_channels == 1 else "stereo"
    return stream


def _end_s(container: Any, video: Any) -> float:
    if video.duration is not None:
        return float(video.duration * video.time_base)
    return float((container.duration or 0) / av.time_base)


def _fits_mp4(track: Any) -> bool:
    """Tell whether packets can be copied: a transport stream's AAC lacks the header MP4 wants."""
    context = track.codec_context
    codec = context.codec.canonical_name
    return codec in _PLAYS_IN_MP4 and (codec != "aac" or context.extradata is not None)


def has_audio(path: Path) -> bool:
    """Tell whether a file has a sound track."""
    with av.open(str(path.absolute())) as container:
        return bool(container.streams.audio)
