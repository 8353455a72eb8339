"""Copy the audio of a source file while its frames are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

from livepose.system.pyav import av, demux, open_media
from livepose.system.timestamps import demux_repaired, has_jumps
from livepose.system.video_streams import select_video_stream

_PLAYS_IN_MP4 = frozenset({"aac", "mp3", "ac3", "eac3", "opus", "alac"})
_AAC_RATES_HZ = frozenset({8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000})
_FALLBACK_RATE_HZ = 48_000
_AAC_BITS_PER_S = 160_000
_SLACK_S = 0.2
_MAX_DRIFT_S = 0.1
"""A gap in the audio that is longer stays a gap."""
_KEPT_TAGS = frozenset({"language", "title"})
_FINISH_STEP_S = 10.0
_LEAD_IN_S = 0.1
"""Codecs begin a little before 0; what lies earlier was cut away by an edit list."""


class AudioTrack:
    """An audio stream of a file, from some moment on, added to an output container.

    It is copied bit for bit where the output can carry its codec and players know it there;
    otherwise it is encoded anew as AAC.
    """

    def __init__(
        self, path: Path, index: int, output: Any, *, origin_s: float, is_matroska: bool
    ) -> None:
        """Add an audio stream to an output that has no packets yet.

        Args:
            path: The source file.
            index: Of the stream in it, as `select_audio` returns it.
            output: An `av` output container.
            origin_s: The source's time stamp that becomes 0 in the output.
            is_matroska: Whether the output is Matroska, which carries nearly any codec.
        """
        self._input = open_media(path)
        audio_in = self._input.streams[index]
        video_in = select_video_stream(self._input)
        self._origin_s = origin_s
        self._source_video_end_s = _end_s(self._input, video_in)
        is_copyable = _is_copyable_to_matroska if is_matroska else _is_copyable_to_mp4
        if is_copyable(audio_in, output):
            self._out = output.add_stream_from_template(audio_in)
            packets = self._copied(demux_repaired(self._input, video_in, audio_in))
        else:
            self._out = _add_aac_stream(output, audio_in.codec_context)
            packets = self._encoded(demux_repaired(self._input, video_in, audio_in), audio_in)
        for key in _KEPT_TAGS & audio_in.metadata.keys():
            self._out.metadata[key] = audio_in.metadata[key]
        if origin_s > 0 and not has_jumps(path):
            self._input.seek(round(origin_s * av.time_base), backward=True)
        self._output = output
        self._packets = packets
        self._muxed_s = -float("inf")
        self._next = next(packets, None)

    def mux_past(self, time_s: float) -> None:
        """Write the packets up to the first that does not begin before a time of the output.

        FFmpeg writes a frame when it has a later packet of each track: else it might have to write
        an earlier one behind it.
        """
        while self._next is not None and self._muxed_s < time_s:
            self._muxed_s = float(self._next.pts * self._next.time_base)
            self._output.mux(self._next)
            self._next = next(self._packets, None)

    def mux_until(self, time_s: float) -> None:
        """Write the packets that begin before a time, in seconds of the output."""
        while self._next is not None and float(self._next.pts * self._next.time_base) < time_s:
            self._output.mux(self._next)
            self._next = next(self._packets, None)

    def finish(self, video_end_s: float, check_stop: Callable[[], None] = lambda: None) -> None:
        """Write the remaining packets: all if every frame was written, else up to the video's end.

        Args:
            video_end_s: The end of the last frame, in seconds of the output.
            check_stop: Called now and then, as audio may go on for long; what it raises ends it.
        """
        self.mux_until(video_end_s)
        if video_end_s + self._origin_s <= self._source_video_end_s - _SLACK_S:
            return
        while self._next is not None:
            check_stop()
            self.mux_until(float(self._next.pts * self._next.time_base) + _FINISH_STEP_S)

    def close(self) -> None:
        self._input.close()

    def _copied(self, packets: Iterator[Any]) -> Iterator[Any]:
        """Yield the packets as they are, with their times moved to the new origin."""
        last_dts: int | None = None
        for packet in self._until_damaged(packets):
            if packet.dts is None or packet.pts is None:
                continue
            origin = round(self._origin_s / packet.time_base)
            lead_in = 0 if origin else round(_LEAD_IN_S / packet.time_base)
            if packet.pts < origin - lead_in:
                continue
            packet.pts -= origin
            packet.dts -= origin
            if last_dts is not None and packet.dts <= last_dts:
                continue  # where clips were joined, the audio of both may overlap
            last_dts = packet.dts
            packet.stream = self._out
            yield packet

    def _encoded(self, packets: Iterator[Any], audio_in: Any) -> Iterator[Any]:
        """Yield the audio as AAC packets."""
        context = self._out.codec_context
        resampler = av.AudioResampler(
            format="fltp", layout=context.layout, rate=context.sample_rate
        )
        samples: int | None = None
        decoded = (frame for packet in packets for frame in packet.decode())
        for frame in self._until_damaged(decoded):
            if frame.time is None or frame.time < self._origin_s:
                continue
            for resampled in resampler.resample(frame):
                # Counted in samples: with a container's coarse unit, times would stand still.
                due = round((frame.time - self._origin_s) * context.sample_rate)
                if samples is None or due - samples > _MAX_DRIFT_S * context.sample_rate:
                    samples = due
                resampled.pts, resampled.time_base = samples, Fraction(1, context.sample_rate)
                samples += resampled.samples
                yield from self._out.encode(resampled)
        yield from self._out.encode()

    def _until_damaged(self, items: Iterator[Any]) -> Iterator[Any]:
        """Yield until the source's audio breaks off. The source itself reports the damage."""
        try:
            yield from items
        except av.FFmpegError:
            return


def _add_aac_stream(output: Any, decoder: Any) -> Any:
    rate_hz = decoder.sample_rate
    stream = output.add_stream(
        "aac", rate=rate_hz if rate_hz in _AAC_RATES_HZ else _FALLBACK_RATE_HZ
    )
    stream.bit_rate = _AAC_BITS_PER_S
    # By count: where a WAV-like file names its layout "1 channels", the encoder expects "mono".
    stream.layout = "mono" if decoder.layout.nb_channels == 1 else "stereo"
    return stream


def _end_s(container: Any, video: Any) -> float:
    if video.duration is not None:
        return float(video.duration * video.time_base)
    return float((container.duration or 0) / av.time_base)


def _is_copyable_to_matroska(audio: Any, output: Any) -> bool:
    codec = audio.codec_context.codec
    return not output.supported_codecs.isdisjoint((codec.name, codec.canonical_name))


def _is_copyable_to_mp4(audio: Any, output: Any) -> bool:
    """Return whether packets can be copied: a transport stream's AAC lacks the header MP4 needs."""
    context = audio.codec_context
    codec = context.codec.canonical_name
    return codec in _PLAYS_IN_MP4 and (codec != "aac" or context.extradata is not None)


def select_audio(container: Any) -> list[int]:
    """Return the indices of the audio streams of a file that can be decoded, in order.

    A stream that is announced and has no packets is passed over.

    Args:
        container: An `av` input container; its own packets are not read.
    """
    path = Path(container.name)
    candidates = [stream.index for stream in container.streams.audio if _is_decodable(stream)]
    return [index for index in candidates if _has_packets(path, index)]


def _has_packets(path: Path, index: int) -> bool:
    with open_media(path) as container, suppress(av.FFmpegError):
        return any(packet.size for packet in demux(container, container.streams[index]))
    return False


def _is_decodable(stream: Any) -> bool:
    context = stream.codec_context
    return context is not None and context.sample_rate > 0 and context.layout.nb_channels > 0
