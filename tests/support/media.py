"""Makes clips whose every frame says its number in its pixels, and reads clips without our code."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from livepose.system.pyav import av

Picture = npt.NDArray[np.uint8]
Painter = Callable[[int, int, int], Picture]

CORNERS = {"r": (40, 40, 220), "g": (40, 200, 40), "b": (220, 60, 40), "w": (235, 235, 235)}
"""In the order top left, top right, bottom left, bottom right; blue first."""
BITS = 8
SOUND_RATE_HZ = 48_000
BEEP_HZ = 1000
RED, GREEN, BLUE, WHITE = (0, 0, 255), (0, 255, 0), (255, 0, 0), (255, 255, 255)


def numbered(number: int, width_px: int, height_px: int) -> Picture:
    """Paint a corner in each of four colours, and a number as a row of black and white fields."""
    bgr = np.full((height_px, width_px, 3), 90, np.uint8)
    side_x, side_y = width_px // 4, height_px // 4
    red, green, blue, white = CORNERS.values()
    bgr[:side_y, :side_x] = red
    bgr[:side_y, -side_x:] = green
    bgr[-side_y:, :side_x] = blue
    bgr[-side_y:, -side_x:] = white
    for bit in range(BITS):
        left, right = bit * width_px // BITS, (bit + 1) * width_px // BITS
        bgr[height_px * 3 // 8 : height_px * 5 // 8, left:right] = 235 if number >> bit & 1 else 16
    return bgr


def jpeg_of(number: int) -> bytes:
    """Return a numbered picture as a JPEG file."""
    return encoded_jpeg(numbered(number, 160, 120))


def encoded_jpeg(bgr: Picture) -> bytes:
    """Return a picture as a JPEG file."""
    is_encoded, data = cv2.imencode(".jpg", bgr)
    assert is_encoded
    return data.tobytes()


def number_of(bgr: npt.NDArray[Any]) -> int:
    """Read the number that `numbered` painted."""
    height_px, width_px = bgr.shape[:2]
    row = bgr[height_px // 2].astype(int).mean(axis=1)
    middles = [(2 * bit + 1) * width_px // (2 * BITS) for bit in range(BITS)]
    return sum(1 << bit for bit, x in enumerate(middles) if row[x - 2 : x + 3].mean() > 128)


def corners_of(bgr: npt.NDArray[Any]) -> str:
    """Name the colours of the corners, `rgbw` for a picture that stands as it was painted."""
    height_px, width_px = bgr.shape[:2]
    names = ""
    for y in (height_px // 10, height_px - 1 - height_px // 10):
        for x in (width_px // 10, width_px - 1 - width_px // 10):
            pixel = bgr[y, x].astype(int)
            names += min(CORNERS, key=lambda name: int(np.abs(pixel - CORNERS[name]).sum()))
    return names


def patches(number: int, width_px: int, height_px: int) -> Picture:
    """Paint three upright stripes: pure red, pure green, pure blue."""
    bgr = np.zeros((height_px, width_px, 3), np.uint8)
    for place, color in enumerate((RED, GREEN, BLUE)):
        bgr[:, place * width_px // 3 : (place + 1) * width_px // 3] = color
    return bgr


def noise(number: int, width_px: int, height_px: int) -> Picture:
    """Paint what does not compress, so that every frame has its share of the file."""
    random = np.random.default_rng(number)
    return random.integers(0, 256, (height_px, width_px, 3), dtype=np.uint8)


def patch_colors(bgr: npt.NDArray[Any]) -> npt.NDArray[np.int_]:
    """Read the middles of the three stripes: (3, 3), blue first."""
    height_px, width_px = bgr.shape[:2]
    return np.array([bgr[height_px // 2, (2 * n + 1) * width_px // 6] for n in range(3)], int)


YCbCr = tuple[int, int, int]
BT601, BT709, BT2020, UNSAID = 6, 1, 9, 2
LIMITED, FULL = 1, 2
"""Matrices and ranges, by their numbers in ITU-T H.273 and in FFmpeg."""
# Y, Cb, Cr of red, green, blue and white, as the tables have them.
PUBLISHED: dict[tuple[int, int], tuple[YCbCr, ...]] = {
    (BT601, LIMITED): ((81, 90, 240), (145, 54, 34), (41, 240, 110), (235, 128, 128)),
    (BT601, FULL): ((76, 85, 255), (150, 44, 21), (29, 255, 107), (255, 128, 128)),
    (BT709, LIMITED): ((63, 102, 240), (173, 42, 26), (32, 240, 118), (235, 128, 128)),
    (BT709, FULL): ((54, 99, 255), (182, 30, 12), (18, 255, 116), (255, 128, 128)),
    (BT2020, LIMITED): ((74, 97, 240), (164, 47, 25), (29, 240, 119), (235, 128, 128)),
}
QUARTERS = (RED, GREEN, BLUE, WHITE)


def quarters(values: Sequence[YCbCr], width_px: int, height_px: int) -> Picture:
    """Lay out four colours like the corners of a window: (H * 3 / 2, W), luma and chroma."""
    planes = []
    for place, step in ((0, 1), (1, 2), (2, 2)):
        of_plane = np.array([value[place] for value in values], np.uint8).reshape(2, 2)
        is_lower = np.arange(height_px // step) >= height_px // 4 * 2 // step
        is_right = np.arange(width_px // step) >= width_px // 4 * 2 // step
        planes.append(of_plane[np.ix_(is_lower.astype(int), is_right.astype(int))].ravel())
    return np.concatenate(planes).reshape(-1, width_px)


def quarter_colors(bgr: npt.NDArray[Any]) -> npt.NDArray[np.int_]:
    """Read the middles of the four quarters: (4, 3), blue first."""
    height_px, width_px = bgr.shape[:2]
    ys, xs = (height_px // 4, height_px * 3 // 4), (width_px // 4, width_px * 3 // 4)
    return np.array([bgr[y, x] for y in ys for x in xs], int)


def in_420(packed: Picture, count: int = 2) -> list[Any]:
    """Make pictures of (H * 3 / 2, W) luma and chroma."""
    return [av.VideoFrame.from_ndarray(packed, format="yuv420p") for _ in range(count)]


def beep(length_s: float, beep_s: float, rate_hz: int = SOUND_RATE_HZ) -> npt.NDArray[np.float32]:
    """Make silence with a tone from a moment on: (samples,) float32."""
    time_s = np.arange(round(length_s * rate_hz)) / rate_hz
    tone = 0.5 * np.sin(2 * np.pi * BEEP_HZ * time_s)
    return np.where(time_s >= beep_s, tone, 0.0).astype(np.float32)


def make_clip(
    path: Path,
    *,
    width_px: int = 160,
    height_px: int = 120,
    pts: Iterable[int] = range(30),
    time_base: Fraction = Fraction(1, 30),
    rate: Fraction = Fraction(30),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    painter: Painter = numbered,
    aspect: Fraction | None = None,
    colorspace: int | None = None,
    keyframe_every: int = 10,
    movflags: str = "",
    sound: str | None = None,
    sound_s: float = 1.0,
    beep_s: float = 0.5,
) -> Path:
    """Write a clip: its n-th picture is `painter(n, width, height)`, shown at `pts[n]`."""
    is_iso = path.suffix in (".mp4", ".mov", ".m4v")
    options = {"movflags": movflags} if movflags and is_iso else {}
    with av.open(str(path), "w", options=options) as container:
        stream: Any = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = width_px, height_px, pix_fmt
        stream.time_base = stream.codec_context.time_base = time_base
        stream.codec_context.gop_size = keyframe_every
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if codec == "libx264":
            stream.options = {"preset": "veryfast", "crf": "12"}
        to_yuv: dict[str, Any] = {}
        if colorspace is not None:
            stream.codec_context.colorspace = colorspace
        if height_px >= 720:
            to_yuv["dst_colorspace"] = "ITU709"
        track: Any = _add_sound(container, sound) if sound else None
        for number, stamp in enumerate(pts):
            bgr = painter(number, width_px, height_px)
            picture = av.VideoFrame.from_ndarray(bgr, format="bgr24")
            picture = picture.reformat(format=pix_fmt, **to_yuv)
            picture.pts, picture.time_base = stamp, time_base
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
        if track is not None:
            _encode_sound(container, track, beep(sound_s, beep_s))
    return path


def make_tagged_clip(
    path: Path,
    pictures: Iterable[Any],
    *,
    matrix: int = 2,
    color_range: int = 0,
    primaries: int = 2,
    transfer: int = 2,
    codec: str = "libx264",
    aspect: Fraction | None = None,
) -> Path:
    """Store pictures (`av.VideoFrame`) as they are, in H.264 without loss, under these tags.

    The numbers are those of ITU-T H.273; 2 says nothing, and so does a range of 0.
    """
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=30)
        context = stream.codec_context
        if codec == "libx264":
            stream.options = {"preset": "veryfast", "qp": "0"}
        for number, picture in enumerate(pictures):
            if not number:
                stream.width, stream.height = picture.width, picture.height
                stream.pix_fmt = picture.format.name
                context.colorspace, context.color_range = matrix, color_range
                context.color_primaries, context.color_trc = primaries, transfer
                context.sample_aspect_ratio = aspect or Fraction(1)
            picture.pts, picture.time_base = number, Fraction(1, 30)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def make_sound_file(path: Path, codec: str = "aac") -> Path:
    """Write a file without pictures."""
    with av.open(str(path), "w") as container:
        _encode_sound(container, _add_sound(container, codec), beep(0.5, 0.2))
    return path


def _add_sound(container: Any, codec: str) -> Any:
    track = container.add_stream(codec, rate=SOUND_RATE_HZ)
    track.layout = "mono"
    return track


def _encode_sound(container: Any, track: Any, samples: npt.NDArray[np.float32]) -> None:
    kinds = [form.name for form in track.codec_context.codec.audio_formats]
    resampler = av.AudioResampler(format=kinds[0], layout="mono", rate=SOUND_RATE_HZ)
    for start in range(0, len(samples), 1024):
        piece = av.AudioFrame.from_ndarray(
            samples[None, start : start + 1024], format="flt", layout="mono"
        )
        piece.sample_rate, piece.pts = SOUND_RATE_HZ, start
        piece.time_base = Fraction(1, SOUND_RATE_HZ)
        for resampled in resampler.resample(piece):
            container.mux(track.encode(resampled))
    container.mux(track.encode())


_TURNED = {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}


def make_changing_clip(
    path: Path,
    sizes_px: Sequence[tuple[int, int]],
    *,
    codec: str = "libvpx",
    pix_fmts: Sequence[str] = ("yuv420p",),
    frames_each: int = 10,
    painter: Painter = numbered,
) -> Path:
    """Write a clip whose frames change to another size, and pixel format, every few frames."""
    options = {"preset": "veryfast", "bf": "0"} if codec == "libx264" else {}
    if codec == "libvpx":
        options = {"deadline": "realtime", "cpu-used": "8"}
    number = 0
    with av.open(str(path), "w") as container:
        stream: Any = None
        for part, (width_px, height_px) in enumerate(sizes_px):
            context: Any = av.CodecContext.create(codec, "w")
            if stream is None:
                stream = container.add_stream(codec, rate=30, options=options)
                context = stream.codec_context
            context.width, context.height = width_px, height_px
            context.pix_fmt = pix_fmts[part % len(pix_fmts)]
            context.time_base, context.framerate = Fraction(1, 30), Fraction(30)
            context.options = options
            pictures: list[Any] = []
            for _ in range(frames_each):
                bgr = painter(number, width_px, height_px)
                picture = av.VideoFrame.from_ndarray(bgr, format="bgr24")
                picture = picture.reformat(format=context.pix_fmt)
                picture.pts, picture.time_base = number, Fraction(1, 30)
                pictures.append(picture)
                number += 1
            encoder = stream if context is stream.codec_context else context
            for packet in (p for picture in (*pictures, None) for p in encoder.encode(picture)):
                packet.stream = stream
                container.mux(packet)
    return path


def turn(path: Path, degrees: int) -> Path:
    """Mark an MP4 to be shown rotated clockwise, as phones do (ISO 14496-12, tkhd)."""
    return set_display_matrix(path, _TURNED[degrees])


def set_display_matrix(path: Path, matrix_abcd: tuple[int, int, int, int]) -> Path:
    """Write the four numbers that turn and mirror into an MP4's first track (ISO 14496-12)."""
    content = bytearray(path.read_bytes())
    matrix = content.index(b"tkhd") + 4 + 40
    a, b, c, d = (value << 16 for value in matrix_abcd)
    content[matrix : matrix + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    return path


def shown(path: Path) -> list[tuple[Fraction, int]]:
    """Read a clip's pictures: when each is shown, and the number in it."""
    with av.open(str(path)) as container:
        return [
            (frame.pts * frame.time_base, number_of(frame.to_ndarray(format="bgr24")))
            for frame in container.decode(video=0)
            if frame.pts is not None and frame.time_base is not None
        ]


def times_of(path: Path) -> list[Fraction]:
    """Return the time of each frame of a clip."""
    with av.open(str(path)) as container:
        return [
            frame.pts * frame.time_base
            for frame in container.decode(video=0)
            if frame.pts is not None and frame.time_base is not None
        ]


def sound_packets(path: Path) -> list[tuple[Fraction, bytes]]:
    """Read a clip's sound as it is stored: the time and the bytes of each packet."""
    with av.open(str(path)) as container:
        return [
            (packet.pts * packet.time_base, bytes(packet))
            for packet in container.demux(audio=0)
            if packet.pts is not None and packet.size
        ]


def sound_of(path: Path) -> tuple[float, npt.NDArray[np.float32]]:
    """Decode a clip's sound: the time of its first sample, and its samples."""
    pieces: list[npt.NDArray[np.float32]] = []
    start_s: float | None = None
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=SOUND_RATE_HZ)
        for frame in container.decode(audio=0):
            start_s = frame.time if start_s is None else start_s
            pieces += [part.to_ndarray()[0] for part in resampler.resample(frame)]
    return start_s or 0.0, np.concatenate(pieces)


def beep_start_s(path: Path) -> float:
    """Find when the tone begins."""
    start_s, samples = sound_of(path)
    return start_s + int(np.argmax(np.abs(samples) > 0.1)) / SOUND_RATE_HZ


def ffmpeg(*arguments: str | Path) -> None:
    """Run the ffmpeg program; the last argument is the file to write."""
    program = shutil.which("ffmpeg")
    assert program is not None
    words = [str(word) for word in arguments]
    subprocess.run([program, "-nostdin", "-loglevel", "error", "-y", *words], check=True)
