"""Words that name a source, as in `livepose clip.mp4` and `livepose 0`, and what they stand for."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from livepose.core.errors import OptionError, SourceError
from livepose.core.secrets import hide_secrets
from livepose.session.options import Options, SourceOptions
from livepose.session.parsing import FIELD
from livepose.session.phone_camera import PHONE, is_phone
from livepose.sources.image import IMAGE_SUFFIXES
from livepose.sources.sequence import is_sequence
from livepose.system.addresses import file_name, local_path
from livepose.system.files import check_name

_COLLAPSED_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/+", re.IGNORECASE)
"""How an address begins that was made a path, which has no two slashes beside each other."""
PLACEHOLDER = "{name}"
"""Stands for the source's name in the name of a file to write."""


def is_source(word: str) -> bool:
    """Return whether a word can name a source: not if it is neither a file nor looks like one.

    Raises:
        OptionError: If no file can have that name.

    >>> is_source("0"), is_source("rtsp://10.0.0.7/"), is_source("gone.mp4"), is_source("rendr")
    (True, True, True, False)
    """
    path = Path(word)
    if "://" not in word:
        check_name(path)
    return (
        word == "-"
        or word.isdecimal()
        or "://" in word
        or len(path.parts) > 1
        or bool(path.suffix)
        or path.exists()
        or is_sequence(path)
    )


def is_camera_name(word: str) -> bool:
    """Return whether a word is in the name of a camera of this machine."""
    from livepose.sources.camera_list import list_cameras, matching_cameras

    try:
        return bool(matching_cameras(word, list_cameras()))
    except SourceError:  # they cannot be listed
        return False


def check_is_file(path: Path) -> None:
    """Check that a path is not an address, nor standard input.

    Raises:
        OptionError: If it is.
    """
    if str(path) == "-":
        raise OptionError("standard input cannot be read twice: save the clip to a file first")
    check_is_no_address(path)


def check_is_no_address(path: Path) -> None:
    """Check that a path is not an address.

    Raises:
        OptionError: If it is.
    """
    address = _COLLAPSED_ADDRESS.match(path.as_posix())
    if address is not None and not path.exists():
        shown = f"{address[1]}://{path.as_posix()[address.end() :]}"
        raise OptionError(f"{shown} is an address: give a file")


def check_has_pictures(path: Path) -> None:
    """Check that a path is not that of a file of poses.

    Raises:
        OptionError: If it is.
    """
    if path.suffix.lower() == ".jsonl":
        raise OptionError(f"{path} has poses, not pictures: give the clip that they were found in")


def check_is_clip(path: Path) -> None:
    """Check that a path can be that of a video or of images in sequence.

    Raises:
        OptionError: If it is an address, standard input, a single image, or a file of poses.
    """
    check_is_file(path)
    check_has_pictures(path)
    if path.suffix.lower() in IMAGE_SUFFIXES and not is_sequence(path):
        raise OptionError(f"{path} is a single image: give a clip")


def with_source(options: Options, word: str) -> Options:
    """Return options with the source that a word names.

    Args:
        options: Of a run, still without a source.
        word: The number, the name, the device or the address of a camera; the path of an image or
            a video; `img_%04d.png`, `img*.png` or a folder for images in sequence; `-` for
            standard input.

    Raises:
        OptionError: If the options have a source already.

    >>> with_source(Options(SourceOptions()), "clip.mp4").source.video
    'clip.mp4'
    """
    given = options.source
    if (given.camera, given.video, given.image, given.demo) != (None, None, None, False):
        raise OptionError(
            f"there are two sources, {word} and --{given.kind.value}: give exactly one source"
        )
    word = local_path(word)
    is_name = not is_source(word)  # of a camera, as `is_camera_name` has found
    if is_name or word.isdecimal() or word.startswith("/dev/video") or "://" in word:
        source = replace(given, camera=word)
    elif Path(word).suffix.lower() in IMAGE_SUFFIXES and not is_sequence(Path(word)):
        source = replace(given, image=Path(word))
    else:
        source = replace(given, video=word)
    return replace(options, source=source)


def with_names(options: Options) -> Options:
    """Return options in which `{name}` in files to write is the name of the source.

    Raises:
        OptionError: If no file can have the source's name, if the source has poses and not
            pictures, or if another word than `name` is in braces in the name of a file.

    >>> source = SourceOptions(video="films/clip.mp4")
    >>> from livepose.session.options import OutputOptions
    >>> with_names(Options(source, OutputOptions(out=Path("{name}_pose.mp4")))).output.out.name
    'clip_pose.mp4'
    """
    if options.source.path is not None:
        check_name(options.source.path)
        check_has_pictures(options.source.path)
    name = _name_of(options.source)

    def named(path: Path) -> Path:
        for field in FIELD.findall(path.name):
            if field != PLACEHOLDER:
                raise OptionError(
                    f"{path} has the unknown field {field}: {PLACEHOLDER}, the name of the source, "
                    "is the only one"
                )
        return Path(str(path).replace(PLACEHOLDER, name))

    output, data = options.output, options.data
    return replace(
        options,
        output=replace(output, out=named(output.out) if output.out is not None else None),
        data=replace(
            data, save=tuple(map(named, data.save)), reports=tuple(map(named, data.reports))
        ),
    )


def _name_of(source: SourceOptions) -> str:
    """Return a name for a source that file names can hold."""
    if source.camera is not None:
        if is_phone(source.camera):
            return PHONE
        if source.camera.isdecimal():
            return f"camera-{source.camera}"
        address = hide_secrets(source.camera)
        shown = address.rpartition("://")[2] if "@" in source.camera else address
        return re.sub(r"[^\w.-]+", "-", shown).strip("-.")
    if isinstance(source.image, str):
        return Path(file_name(source.image)).stem
    if source.path is None:
        return source.scene or "demo"
    if str(source.path) == "-":
        return "stdin"
    is_folder = source.path.is_dir()
    stem = source.path.resolve().name if is_folder else source.path.stem
    # Of a pattern such as img_%04d, what the names of the images have in common.
    return re.sub(r"[_-]*(%0?\d*d|[*?]|\[.*?\])", "", stem) or source.path.resolve().parent.name
