"""The packets of a video: those that its decoder must make a frame of, and those that are lost.

Most codecs make a frame of each packet. Some have packets that show nothing (VP8 and VP9: frames
that others refer to), and others repeat the frame before with a packet of a few bytes.
"""

from __future__ import annotations

from array import array
from typing import Any

_ONE_FRAME_PER_PACKET = frozenset(
    {
        *("h264", "hevc", "vvc", "av1", "mpeg1video", "mpeg2video", "ffv1", "png", "snow", "gif"),
        *("cinepak", "flashsv", "flashsv2", "msvideo1", "qtrle", "rpza", "svq1"),
    }
)
"""Besides those of which each frame stands alone."""
_REPEATING = frozenset({"mpeg4", "msmpeg4v2", "msmpeg4v3", "wmv1", "wmv2", "flv1", "h263"})
"""Codecs with packets that mean: the frame before is shown once more."""
_REPEAT_BYTES = 20
"""Such a packet has a header, which is shorter than this, and at most a bit for each block."""
_BLOCK_PIXELS = 16 * 16
_INDEXED_FORMATS = frozenset({"avi", "mov,mp4,m4a,3gp,3g2,mj2"})
"""Formats with an index of all packets."""


class PacketTally:
    """Notes the packets of a stream, and the frames that its decoder makes of them."""

    def __init__(self, container: Any, stream: Any) -> None:
        """Look at an `av` input container and its video stream."""
        codec = stream.codec_context.codec
        self._stream = stream
        self._codec: str = codec.canonical_name
        self._is_avi = container.format.name == "avi"
        self._has_index = container.format.name in _INDEXED_FORMATS
        self._repeat_bytes = 0
        if self._codec in _REPEATING:
            blocks = stream.width * stream.height // _BLOCK_PIXELS
            self._repeat_bytes = _REPEAT_BYTES + blocks // 8
        self._is_comparable = (
            codec.intra_only
            or self._codec in _ONE_FRAME_PER_PACKET | _REPEATING
            or self._codec in ("vp8", "vp9")
        )
        self._shown, self._decoded = array("q"), array("q")
        self._read = self._hidden = 0
        self.discarded = 0
        """How many packets are not shown because an edit list leaves them out."""
        self.repeats = 0
        """How many empty packets stand for the frame before them."""
        self.errors = 0
        """How many packets could not be read or decoded."""

    @property
    def has_frame_in_each(self) -> bool:
        """Whether each packet is one frame, which can be left out if no other frame needs it."""
        is_uncertain = self._codec in _REPEATING or self._codec in ("vp8", "vp9") or self._is_avi
        return self._is_comparable and not is_uncertain

    def is_repeat(self, packet: Any) -> bool:
        """Return whether a packet is empty, and says that the frame before it stays: in Theora."""
        return self._codec == "theora" and not packet.size and packet.pts is not None

    def add(self, packet: Any) -> None:
        """Note an `av.Packet` before it is decoded."""
        if not packet.size:
            self.repeats += self.is_repeat(packet)
            return
        self._read += 1
        if not self._is_shown(packet):
            self._hidden += 1
            self.discarded += packet.is_discard
        elif self._is_comparable:
            time = packet.dts if self._is_avi else packet.pts
            if time is not None:
                self._shown.append(time)

    def add_decoded(self, frame: Any) -> None:
        """Note an `av.VideoFrame` that came out of the decoder, with the times that it has then."""
        if not self._is_comparable:
            return
        # The fields of an interlaced film may have packets of their own.
        self._is_comparable = not frame.interlaced_frame
        time = frame.dts if self._is_avi else frame.pts
        if time is not None:
            self._decoded.append(time)

    def lost(self) -> int:
        """Return how many packets behind the first frame were decoded to nothing."""
        # Of an AVI whose frames are shown in another order, FFmpeg guesses the times.
        has_times = not (self._is_avi and self._stream.codec_context.has_b_frames)
        if not (self._is_comparable and has_times and self._decoded and self._shown):
            return 0
        first = min(self._decoded)
        # Not `np.setdiff1d`, which imports masked arrays: 8 ms at the end of each run.
        return len({time for time in self._shown if time > first}.difference(self._decoded))

    def never_read(self) -> int:
        """Return how many packets an index lists that never came; 0 where there is no index."""
        return max(self._indexed() - self._read, 0)

    def promised_frames(self) -> int | None:
        """Return how many frames the packets of an index make; None where there is no index."""
        return self._indexed() - self._hidden if self._has_index and self._stream.frames else None

    def is_shortened(self) -> bool:
        """Return whether an edit list, or what looks like one, leaves frames out."""
        index_ends_early = self._has_index and len(self._stream.index_entries) < self._stream.frames
        return bool(self.discarded or index_ends_early)

    def _indexed(self) -> int:
        if not self._has_index or not self._stream.frames:
            return 0
        index = self._stream.index_entries
        if len(index) == self._read:  # so nearly always, and it is long
            return self._read
        return sum(entry.size > 0 for entry in index)

    def _is_shown(self, packet: Any) -> bool:
        if packet.size <= self._repeat_bytes or packet.is_discard:
            return False
        if self._codec == "vp8":
            return bool(memoryview(packet)[0] & 0x10)  # RFC 6386, 9.1: show_frame
        if self._codec == "vp9":
            return _shows_vp9(memoryview(packet))
        return True


def _shows_vp9(data: memoryview) -> bool:
    """Return whether a VP9 packet is shown, by the start of its header (bitstream, 6.2)."""
    if data[-1] >> 5 == 0b110:  # several frames, of which the last one is shown
        return True
    has_high_profile = data[0] >> 4 & 0b11 == 0b11  # then a reserved bit follows
    bits = data[0] if has_high_profile else data[0] >> 1
    shows_existing, shows_frame = bits >> 2 & 1, bits & 1
    return bool(shows_existing or shows_frame)
