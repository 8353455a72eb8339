"""Words that name files, folders and patterns -> the files of a batch."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from livepose.batch.file_identity import FileIdentity
from livepose.batch.remote_paths import RemoteAddress, is_remote, is_remote_path
from livepose.core.errors import OptionError, SourceError, SourceNotFound
from livepose.sources.image import IMAGE_SUFFIXES
from livepose.system.addresses import local_path
from livepose.system.files import absolute_path, check_name
from livepose.system.part_names import leftover

if TYPE_CHECKING:
    from livepose.batch.remote import RemoteFile

VIDEO_SUFFIXES = frozenset(
    {
        *(".mp4", ".mov", ".m4v", ".mkv", ".avi", ".webm", ".mpg", ".mpeg", ".ts", ".m2ts"),
        *(".mts", ".wmv", ".asf", ".flv", ".f4v", ".ogv", ".ogg", ".3gp", ".3g2", ".mxf", ".nut"),
        *(".vob", ".divx", ".dv", ".y4m", ".gif"),
    }
)
"""What is taken of a folder, besides images; a file that is named is taken whatever its suffix."""
_WILDCARDS = "*?["


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file of a batch."""

    path: Path
    relative: PurePath
    """Within the folder that all files of the batch have in common."""
    remote: RemoteFile | None = None
    """What is known of it, if it is at an address."""

    @property
    def is_image(self) -> bool:
        """Whether it is a single image."""
        return self.path.suffix.lower() in IMAGE_SUFFIXES


def find_inputs(words: Sequence[str], listed: Iterable[str], out_dir: Path) -> list[InputFile]:
    """Return the files that words name, each once, in the order of the words and of their names.

    Args:
        words: Files, folders with all that is in them, and patterns such as `films/**/*.mp4`, or
            their addresses; `-` stands for `listed`.
        listed: Names of files or folders. What does not exist is taken for a file, so that one
            that is gone is reported, and the others are worked on.
        out_dir: What is in it is no input, unless it is a folder that is named.

    Raises:
        SourceNotFound: If there is no such file, or no file of a pattern.
        SourceError: If a folder cannot be read, or if there are no videos and images at all.
    """
    named = [local_path(word) for word in words if word != "-"]
    typed = len(named)
    if "-" in words:
        named += [local_path(name) for name in listed if name]
    found: dict[Path, RemoteFile | None] = {}
    bases: list[Path] = []
    output = out_dir if is_remote_path(out_dir) else absolute_path(out_dir)
    for number, word in enumerate(named):
        is_listed = number >= typed
        if is_remote(word):
            base, remote = _find_remote(RemoteAddress(word), output, is_listed=is_listed)
            found |= remote
        else:
            base, files = _find_here(word, output, is_listed=is_listed)
            found |= dict.fromkeys(files)
        bases.append(base)
    if not found:
        raise SourceError("there are no videos and no images to work on")
    common = _common_folder(bases)
    return [InputFile(path, path.relative_to(common), file) for path, file in found.items()]


def _find_here(word: str, output: Path, *, is_listed: bool) -> tuple[Path, list[Path]]:
    """Return the folder and the files that a word means on this machine.

    Args:
        word: A file or a folder, or a pattern.
        output: What is in it is no input, unless it is the folder that is named.
        is_listed: Whether what does not exist is taken for a file.

    Raises:
        SourceNotFound: If there is no such file, or no file of a pattern.
        SourceError: If a folder cannot be read, or if it is neither a file nor a folder.
    """
    check_name(Path(word))
    path = absolute_path(Path(word))
    if path.is_dir():
        return path, list(_files_in(path, output))
    if path.is_file() or (is_listed and not path.exists()):
        return path.parent, [path]
    if path.exists():
        raise SourceError(f"{word} is neither a file nor a folder")
    if not any(each in word for each in _WILDCARDS):
        raise SourceNotFound(f"{word} does not exist")
    base, pattern = _split_pattern(Path(word))
    files = list(_files_matching(base, pattern, output))
    if not files:
        raise SourceNotFound(f"no video and no image has a name like {word}")
    return base, files


def _files_matching(base: Path, pattern: str, output: Path) -> Iterator[Path]:
    """Yield the videos and images that a pattern matches, and those in folders, by their names.

    Args:
        base: The folder in which the pattern is looked for.
        pattern: Relative to it.
        output: What is in it is no input.
    """
    for path in sorted(base.glob(pattern)):
        # Unlike a shell, Python finds hidden folders too.
        is_hidden = any(part.startswith(".") for part in path.relative_to(base).parts)
        if is_hidden or output in (path, *path.parents):
            continue
        files = _files_in(path, output) if path.is_dir() else [path]
        yield from (file for file in files if _is_wanted(file))


def _find_remote(
    word: RemoteAddress, output: Path, *, is_listed: bool
) -> tuple[Path, dict[Path, RemoteFile | None]]:
    """Return the folder and the files that an address means, by what stands for them in a plan.

    Args:
        word: Of a file or a folder, or a pattern.
        output: What is in it is no input, unless it is the folder that is named.
        is_listed: Whether what does not exist is taken for a file.

    Raises:
        SourceNotFound: If there is no such file, or no file of a pattern.
        SourceError: If the storage cannot be read.
        RuntimeMissing: If what reads it is not installed.
    """
    from livepose.batch import remote  # with fsspec

    base, files = word.path, remote.find(word)
    if files is not None and [file.address for file in files] == [word]:
        return base.parent, {base: files[0]}
    if files is None and any(each in word.url for each in _WILDCARDS):
        base, files = remote.pattern_base(word).path, remote.find_matching(word)
    elif files is None and is_listed:
        unknown = FileIdentity(str(word), 0, 0, "")
        return base.parent, {base: remote.RemoteFile(word, unknown)}
    elif files is None:
        raise SourceNotFound(f"{word} does not exist")
    wanted: dict[Path, RemoteFile | None] = {}
    for file in files:
        path = file.address.path
        is_output = output in path.parents and output != base
        if not is_output and _is_wanted_below(base, path):
            wanted[path] = file
    if not wanted:
        raise SourceNotFound(f"there is no video or image at {word}")
    return base, wanted


def _is_wanted_below(folder: Path, path: Path) -> bool:
    """Return whether a file is a video or an image by its name, and not in a hidden folder."""
    is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not is_hidden and _has_wanted_name(path)


def split_list(text: str) -> list[str]:
    r"""Return the names in a list: one in each line, or parted by zero bytes, as of `find -print0`.

    >>> split_list("a.mp4\r\nb\u2028c.mp4\n"), split_list("a\nb.mp4\0c.mp4\0")
    (['a.mp4', 'b\u2028c.mp4'], ['a\nb.mp4', 'c.mp4'])
    """
    if "\0" in text:
        return [name for name in text.split("\0") if name]
    # Not `splitlines`, which also splits at characters that a name may have.
    return [line.removesuffix("\r") for line in text.split("\n") if line.strip()]


def _common_folder(bases: Sequence[Path]) -> Path:
    if len({is_remote_path(base) for base in bases}) > 1:
        raise OptionError("some inputs are local and some are remote: run a batch for each")
    # Links are kept as they are: what they point to may be anywhere.
    try:
        return Path(os.path.commonpath(bases))
    except ValueError as error:  # on Windows: files of two drives
        raise OptionError("the inputs are on several drives: run a batch for each") from error


def _split_pattern(path: Path) -> tuple[Path, str]:
    """Return the folder above the first part of a pattern that has a wildcard, and the rest."""
    parts = path.parts
    fixed = next(
        number for number, part in enumerate(parts) if any(each in part for each in _WILDCARDS)
    )
    return absolute_path(Path(*parts[:fixed])), str(Path(*parts[fixed:]))


def _files_in(folder: Path, out_dir: Path) -> Iterator[Path]:
    """Yield the videos and images in a folder and the folders in it, by their names.

    Links to folders are followed, each folder once: they may lead round in a circle.
    """
    seen = {os.path.realpath(out_dir)} - {os.path.realpath(folder)}

    def fail(error: OSError) -> None:
        raise SourceError(f"{error.filename} cannot be read: {error.strerror or error}") from error

    for parent, folders, names in os.walk(folder, onerror=fail, followlinks=True):
        place = os.path.realpath(parent)
        if place in seen:
            folders.clear()
            continue
        seen.add(place)
        # Sorted in place: that is the order in which they are walked through.
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and Path(parent, name) != out_dir
        )
        yield from (path for name in sorted(names) if _is_wanted(path := Path(parent, name)))


def _is_wanted(path: Path) -> bool:
    """Return whether there is a file that is a video or an image by its name."""
    return _has_wanted_name(path) and path.is_file()


def _has_wanted_name(path: Path) -> bool:
    """Return whether a name is that of a video or an image, and neither hidden nor of a part."""
    suffix = path.suffix.lower()
    return (
        (suffix in VIDEO_SUFFIXES or suffix in IMAGE_SUFFIXES)
        and not path.name.startswith(".")
        and leftover(path) is None
    )
