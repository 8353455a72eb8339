"""Files at addresses, through fsspec: list, fetch and store them, with patience.

What fails for a moment is tried again after a pause that doubles. What a reader sees at an address
is whole: object stores show an object when all of it is there; elsewhere a file is stored under
another name, and then renamed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from livepose.batch.file_identity import FileIdentity
from livepose.batch.remote_errors import ATTEMPTS, ATTEMPTS_TO_FIND, is_passing, reason_of, tried
from livepose.batch.remote_paths import RemoteAddress, is_plain_key, shown
from livepose.core.errors import LivePoseError, OptionError, RuntimeMissing, SinkError, SourceError
from livepose.system.optional_imports import optional_import

_OBJECT_STORES = frozenset({"s3", "gs", "az", "abfs", "abfss", "adl", "oss", "oci", "memory"})
"""Where an object is there at once, whole or not at all, and folders are not created."""
_PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "sftp": "paramiko", "az": "adlfs", "abfs": "adlfs"}
_VERSION_KEYS = ("ETag", "etag", "md5Hash", "content_md5", "generation")
_TIME_KEYS = ("LastModified", "mtime", "last_modified", "modified", "updated", "created")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file at an address, as it was found there."""

    address: RemoteAddress
    identity: FileIdentity


def open_address(address: RemoteAddress) -> tuple[Any, str]:
    """Return fsspec's file system for an address, and the path in it; some connect at once.

    Raises:
        RuntimeMissing: If fsspec, or what it needs for the address, is not installed.
        OptionError: If fsspec knows no such addresses.
    """
    with optional_import("fsspec", extra="remote"):
        from fsspec.core import url_to_fs
    try:
        files, path = url_to_fs(address.url)
    except ImportError as error:
        package = _PACKAGES.get(address.scheme)
        advice = f"pip install {package}" if package else reason_of(error)
        raise RuntimeMissing(f"{address} needs another package: {advice}") from error
    except ValueError as error:
        raise OptionError(f"{address} cannot be opened: {reason_of(error)}") from error
    return files, str(path)


def _with(
    address: RemoteAddress,
    action: Callable[[Any, str], T],
    kind: type[LivePoseError],
    verb: str,
    attempts: int = ATTEMPTS,
) -> T:
    """Return what an action returns that is called with a file system and the path in it.

    Raises:
        LivePoseError: Of this kind, if it fails, and for good.
    """

    def attempt() -> T:
        files, path = open_address(address)
        try:
            return action(files, path)
        except Exception as error:
            if is_passing(error):
                type(files).clear_instance_cache()  # its connection may be the reason
            raise

    return tried(attempt, address, kind, verb, attempts)


def find(address: RemoteAddress) -> list[RemoteFile] | None:
    """Return the files that an address means: itself, or all in a folder; None if it is none.

    Raises:
        SourceError: If it cannot be read, as there is no such bucket, or no right to it.
    """

    def look(files: Any, path: str) -> list[RemoteFile] | None:
        files.invalidate_cache()
        try:
            info = files.info(path)
        except FileNotFoundError:
            _check_bucket(files, path)
            return None
        if info["type"] != "directory":
            return [RemoteFile(address, _identity(address, info))]
        return list(_found(address, path, files.find(path, detail=True)))

    return _with(address, look, SourceError, "read", ATTEMPTS_TO_FIND)


def find_matching(pattern: RemoteAddress) -> list[RemoteFile]:
    """Return the files, and those in folders, that a pattern matches.

    Raises:
        SourceError: If that cannot be found out.
    """
    base = pattern_base(pattern)

    def look(files: Any, path: str) -> list[RemoteFile]:
        base_path = open_address(base)[1]
        files.invalidate_cache()
        matched: dict[str, Any] = {}
        for name, info in files.glob(path, detail=True).items():
            is_folder = info["type"] == "directory"
            matched |= files.find(name, detail=True) if is_folder else {name: info}
        if not matched:
            _check_bucket(files, base_path)
        return list(_found(base, base_path, matched))

    return _with(pattern, look, SourceError, "read", ATTEMPTS_TO_FIND)


def pattern_base(pattern: RemoteAddress) -> RemoteAddress:
    """Return the folder above the first part of a pattern that has a wildcard."""
    scheme, separator, rest = pattern.url.partition("://")
    parts = rest.split("/")
    fixed = next(number for number, part in enumerate(parts) if any(c in part for c in "*?["))
    return RemoteAddress(scheme + separator + "/".join(parts[:fixed]))


def fetch(address: RemoteAddress, target: Path) -> FileIdentity:
    """Copy a file from its address, and return what it was; `target` is there when it is whole.

    Raises:
        SourceError: If it cannot be read, or was changed meanwhile.
    """
    part = target.with_name(f".{target.name}.part")

    def copy(files: Any, path: str) -> FileIdentity:
        target.parent.mkdir(parents=True, exist_ok=True)
        before = _identity(address, files.info(path))
        files.get_file(path, str(part))
        files.invalidate_cache()
        after = _identity(address, files.info(path))
        is_cut = before.size_bytes > 0 and part.stat().st_size != before.size_bytes
        if is_cut or after != before:
            raise OSError("it was changed while it was read, or the connection was lost")
        part.replace(target)
        return before

    try:
        return _with(address, copy, SourceError, "read")
    finally:
        with suppress(OSError):
            part.unlink()


def store(source: Path, address: RemoteAddress) -> FileIdentity:
    """Copy a file, or all in a folder, to an address, and return what is there then.

    What was at the address is replaced; of a folder, also what the new one does not have.

    Raises:
        SinkError: If it cannot be written.
    """
    if not source.is_dir():
        return _store_file(source, address)
    paths = sorted(path for path in source.rglob("*") if path.is_file())
    names = {path.relative_to(source).as_posix(): path for path in paths}
    if address.scheme in _OBJECT_STORES:
        _store_objects(names, address)
    else:
        for name, path in names.items():
            _store_file(path, address / name)
    stored: list[FileIdentity] = []
    for file in find(address) or []:
        if file.address.path.relative_to(address.path).as_posix() in names:
            stored.append(file.identity)
        else:
            delete(file.address)
    return FileIdentity.of_all(shown(address.path), stored)


def store_bytes(data: bytes, address: RemoteAddress) -> None:
    """Write a file at an address at once.

    Raises:
        SinkError: If it cannot be written.
    """
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder, "data")
        path.write_bytes(data)
        _store_file(path, address)


def read_bytes(address: RemoteAddress) -> bytes:
    """Return the content of a file at an address.

    Raises:
        SourceError: If it cannot be read.
    """
    content: bytes = _with(address, lambda files, path: files.cat_file(path), SourceError, "read")
    return content


def delete(address: RemoteAddress) -> None:
    """Delete a file, or a folder with all that is in it; nothing happens if it is not there.

    Raises:
        SinkError: If it cannot be deleted.
    """

    def remove(files: Any, path: str) -> None:
        files.invalidate_cache()
        # Not `rm` with all below: it takes the * in a name for a pattern.
        for name in files.find(path):
            files.rm_file(name)

    _with(address, remove, SinkError, "deleted")


def _store_objects(names: Mapping[str, Path], address: RemoteAddress) -> None:
    """Copy files to a folder at an address, many at a time: each answer takes long to arrive.

    Raises:
        SinkError: If one cannot be written.
    """
    here = [str(path) for path in names.values()]

    def copy(files: Any, path: str) -> None:
        files.put(here, [f"{path.rstrip('/')}/{name}" for name in names])

    _with(address, copy, SinkError, "written")


def _store_file(source: Path, address: RemoteAddress) -> FileIdentity:
    def copy(files: Any, path: str) -> FileIdentity:
        if address.scheme in _OBJECT_STORES:
            files.put_file(str(source), path)
        else:
            folder, _, name = path.rpartition("/")
            files.makedirs(folder, exist_ok=True)
            part = f"{folder}/.{name}.{os.urandom(3).hex()}.part"
            try:
                files.put_file(str(source), part)
                files.mv(part, path)
            except BaseException:
                with suppress(Exception):
                    files.rm(part)
                raise
        files.invalidate_cache()
        stored = _identity(address, files.info(path))
        if stored.size_bytes != source.stat().st_size:
            raise OSError("less was stored than was sent")
        return stored

    return _with(address, copy, SinkError, "written")


def _found(base: RemoteAddress, path: str, infos: Mapping[str, Any]) -> Iterator[RemoteFile]:
    """Yield the files below a folder, by their names, but for those that no path can stand for."""
    prefix = path.rstrip("/") + "/"
    for name, info in sorted(infos.items()):
        key = name.removeprefix(prefix)
        if info["type"] == "file" and name.startswith(prefix) and is_plain_key(key):
            address = base / key
            yield RemoteFile(address, _identity(address, info))


def _check_bucket(files: Any, path: str) -> None:
    """Raise whatever is the matter with a bucket, of which patterns say nothing."""
    if "s3" in files.protocol or "gs" in files.protocol:
        files.ls(path.partition("/")[0], detail=False)


def _identity(address: RemoteAddress, info: Mapping[str, Any]) -> FileIdentity:
    """Return what a file is, by its size and its ETag; where there is none, by its time."""
    versions = [str(info[key]) for key in (*_VERSION_KEYS, *_TIME_KEYS) if info.get(key)]
    version = versions[0].strip('"') if versions else ""
    return FileIdentity(shown(address.path), int(info["size"] or 0), 0, "", version)
