"""Damage videos of every container and codec that FFmpeg writes here, and read them.

Each clip shows another shade of grey in each frame, so that it is known which frames of a damaged
one are missing or changed. A damaged clip has to be reported (`... is damaged`, `... is cut short`,
or that it cannot be read) if a frame is missing. Changed pixels that no decoder can notice, as in
raw video without a checksum, are counted in a note: nothing but the original could tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from fault_sections.section import Outcome, Trial
from livepose.core.errors import LivePoseError
from livepose.sources.video import VideoSource
from livepose.system.pyav import av

FRAMES = 30
_FORMATS = {
    **{".mp4": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm", ".avi": "avi"},
    **{".ts": "mpegts", ".mpg": "mpeg", ".flv": "flv", ".wmv": "asf", ".ogv": "ogv", ".mxf": "mxf"},
    **{".nut": "nut", ".3gp": "3gp", ".ivf": "ivf", ".y4m": "yuv4mpegpipe", ".gif": "gif"},
}
_HARDWARE = ("_qsv", "_nvenc", "_vaapi", "_amf", "_mf", "_v4l2m2m", "_vulkan", "_videotoolbox")
_ENDLESS = frozenset({".ts", ".mpg"})
"""Formats in which nothing says where the film ends: a cut cannot be noticed."""
_TIMELESS = frozenset({"libx264.mpg", "libx265.mpg"})
"""Clips in which most packets have no time, and no number either: nothing says that one is gone."""


def _zero(content: bytearray, chance: Random) -> None:
    start, length = _part(content, chance)
    content[start : start + length] = bytes(length)


def _replace(content: bytearray, chance: Random) -> None:
    start, length = _part(content, chance)
    content[start : start + length] = chance.randbytes(length)


def _remove(content: bytearray, chance: Random) -> None:
    start, length = _part(content, chance)
    del content[start : start + length]


def _flip(content: bytearray, chance: Random) -> None:
    for _ in range(12):
        content[chance.randrange(len(content) // 5, len(content))] ^= 1 << chance.randrange(8)


def _cut(content: bytearray, chance: Random) -> None:
    del content[chance.randrange(len(content) // 2, len(content) - 40) :]


def _part(content: bytearray, chance: Random) -> tuple[int, int]:
    length = max(len(content) // chance.randrange(8, 25), 64)
    return chance.randrange(len(content) // 4, len(content) * 3 // 4), length


_KINDS: dict[str, Callable[[bytearray, Random], None]] = {
    "zeros": _zero,
    "noise": _replace,
    "bytes removed": _remove,
    "bits flipped": _flip,
    "cut": _cut,
}


def run(trial: Trial, outcome: Outcome) -> None:
    """Damage clips in every way in turn, until there were enough."""
    clips = _clips(trial.folder)
    good = {clip: _read(clip)[0] for clip in clips}
    for clip in clips:
        said = _read(clip)[1]
        outcome.add(f"{clip.name}, whole", failure=f"a good file is called {said}" if said else "")
    codecs = {clip.stem for clip in clips}
    outcome.note(f"{len(clips)} clips of {len(codecs)} codecs in {len(_FORMATS)} containers")
    counts: Counter[str] = Counter()
    for number in range(trial.count(100, 1000)):
        clip = clips[number % len(clips)]
        kind = list(_KINDS)[(number + number // len(clips)) % len(_KINDS)]
        seed = trial.random.randrange(1 << 32)
        content = bytearray(clip.read_bytes())
        _KINDS[kind](content, Random(seed))
        damaged = trial.folder / f"damaged{clip.suffix}"
        damaged.write_bytes(content)
        failure, word = _judge(damaged, clip, kind, good[clip])
        counts[word] += 1
        outcome.add(f"{kind} in {clip.name} (seed {seed})", failure=failure)
    outcome.note(", ".join(f"{count} {word}" for word, count in sorted(counts.items())))


def _judge(damaged: Path, clip: Path, kind: str, good: list[float]) -> tuple[str, str]:
    """Return what is wrong about the reading of a damaged clip, and a word for it."""
    try:
        shades, said = _read(damaged)
    except Exception as error:
        return f"{type(error).__name__}: {error}", "crashed"
    missing = len(good) - len(shades)
    changed = sum(min(abs(shade - each) for each in good) > 1.5 for shade in shades)
    if said:
        return "", "reported"
    is_endless = kind == "cut" and clip.suffix in _ENDLESS
    if missing and (is_endless or clip.name in _TIMELESS):
        return "", f"lost unnoticed ({clip.suffix})"
    if missing:
        return f"{missing} of {len(good)} frames are missing, and nothing is said", "silent"
    return "", "with changes that only the original could tell" if changed else "harmless"


def _read(clip: Path) -> tuple[list[float], str]:
    """Return the mean shade of each frame, and what the source says of the damage."""
    shades: list[float] = []
    try:
        with VideoSource(clip) as source:
            for frame in source:
                shades.append(float(frame.bgr.mean()))  # kept if it breaks off
    except LivePoseError as error:
        return shades, str(error)
    return shades, ""


def _clips(folder: Path) -> list[Path]:
    """Write a clip in each codec that each container takes, if livepose reads it back."""
    clips = []
    for suffix, name in _FORMATS.items():
        for codec in _encoders():
            clip = folder / f"{codec}{suffix}"
            try:
                _write(clip, name, codec)
                if len(_read(clip)[0]) == FRAMES:
                    clips.append(clip)
            except (av.FFmpegError, ValueError, LookupError, AttributeError):
                clip.unlink(missing_ok=True)
    return clips


def _encoders() -> Iterator[str]:
    """Yield an encoder of each codec, always the same ones, so that a seed means the same clips."""
    seen = set()
    for name in sorted(av.codecs_available):
        try:
            codec: Any = av.codec.Codec(name, "w")
        except ValueError:
            continue
        is_alias = codec.name != name
        is_known = codec.type == "video" and codec.id not in seen
        if is_known and not is_alias and not name.endswith(_HARDWARE):
            seen.add(codec.id)
            yield name


def _write(clip: Path, format_name: str, codec: str) -> None:
    with av.open(str(clip), "w", format=format_name) as container:
        stream: Any = container.add_stream(codec, rate=25)
        stream.width, stream.height = 160, 128
        kinds = [each.name for each in stream.codec_context.codec.video_formats or ()]
        stream.pix_fmt = "yuv420p" if not kinds or "yuv420p" in kinds else kinds[0]
        stream.codec_context.gop_size = 10
        texture = np.random.default_rng(0).integers(0, 40, (128, 160, 1))
        for number in range(FRAMES):
            bgr = np.repeat(texture + 6 * number, 3, axis=2).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(bgr, format="bgr24").reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = number, 1 / stream.average_rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
