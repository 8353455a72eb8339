"""Files at addresses, through fsspec: list, fetch and store them, with patience.

What fails for a moment is tried again after a pause that doubles. What a reader sees at an address
is whole: object stores show an object when all of it is there; elsewhere a file is stored under
another name, and then renamed.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from livepose.batch.file_identity import FileIdentity
from livepose.batch.remote_paths import RemoteAddress, is_plain_key, shown
from livepose.core.errors import LivePoseError, OptionError, RuntimeMissing, SinkError, SourceError
from livepose.core.secrets import hide_secrets
from livepose.system.optional_imports import optional_import

ATTEMPTS = 5
ATTEMPTS_TO_FIND = 2
"""Somebody waits before the work begins, and the libraries are patient too."""
FIRST_PAUSE_S = 0.5
_OBJECT_STORES = frozenset({"s3", "gs", "az", "abfs", "abfss", "adl", "oss", "oci", "memory"})
"""Where an object is there at once, whole or not at all, and folders are not created."""
_PERMANENT = (
    FileNotFoundError,
    PermissionError,
    NotADirectoryError,
    IsADirectoryError,
    NotImplementedError,
    ImportError,
    TypeError,
    ValueError,
)
_PERMANENT_NAMES = frozenset(
    {
        *("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"),
        *("ProfileNotFound", "ParamValidationError", "AuthenticationException", "RefreshError"),
        *("BadHostKeyException", "DefaultCredentialsError", "SSOTokenLoadError"),
    }
)
"""Errors of the libraries behind fsspec that another attempt does not mend."""
_PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "sftp": "paramiko", "az": "adlfs", "abfs": "adlfs"}
_VERSION_KEYS = ("ETag", "etag", "md5Hash", "content_md5", "generation")
_TIME_KEYS = ("LastModified", "mtime", "last_modified", "modified", "updated", "created")
_MAX_REASON = 200
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file at an address, as it was found there."""

    address: RemoteAddress
    identity: FileIdentity


def open_address(address: RemoteAddress) -> tuple[Any, str]:
    """Return fsspec's file system for an address, and the path in it.

    Raises:
        RuntimeMissing: If fsspec, or what it needs for the address, is not installed.
        OptionError: If fsspec knows no such addresses.
        SourceError: If it cannot be connected to.
    """
    with optional_import("fsspec", extra="remote"):
        from fsspec.core import url_to_fs
    try:
        files, path = url_to_fs(address.url)
    except ImportError as error:
        package = _PACKAGES.get(address.scheme)
        advice = f"pip install {package}" if package else _reason(error)
        raise RuntimeMissing(f"{address} needs another package: {advice}") from error
    except ValueError as error:
        raise OptionError(f"{address} cannot be opened: {_reason(error)}") from error
    except Exception as error:  # whatever the library behind it raises
        raise SourceError(f"{address} cannot be opened: {_reason(error)}") from error
    return files, str(path)


def find(address: RemoteAddress) -> list[RemoteFile] | None:
    """Return the files that an address means: itself, or all in a folder; None if it is none.

    Raises:
        SourceError: If it cannot be read, as there is no such bucket, or no right to it.
    """
    files, path = open_address(address)

    def look() -> list[RemoteFile] | None:
        files.invalidate_cache()
        try:
            info = files.info(path)
        except FileNotFoundError:
            _check_bucket(files, path)
            return None
        if info["type"] != "directory":
            return [RemoteFile(address, _identity(address, info))]
        return list(_found(address, path, files.find(path, detail=True)))

    return _tried(look, address, SourceError, "read", ATTEMPTS_TO_FIND)


def find_matching(pattern: RemoteAddress) -> list[RemoteFile]:
    """Return the files, and those in folders, that a pattern matches.

    Raises:
        SourceError: If that cannot be found out.
    """
    files, path = open_address(pattern)
    base = pattern_base(pattern)
    base_path = open_address(base)[1]

    def look() -> list[RemoteFile]:
        files.invalidate_cache()
        matched: dict[str, Any] = {}
        for name, info in files.glob(path, detail=True).items():
            is_folder = info["type"] == "directory"
            matched |= files.find(name, detail=True) if is_folder else {name: info}
        if not matched:
            _check_bucket(files, base_path)
        return list(_found(base, base_path, matched))

    return _tried(look, pattern, SourceError, "read", ATTEMPTS_TO_FIND)


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
    files, path = open_address(address)
    part = target.with_name(f".{target.name}.part")

    def copy() -> FileIdentity:
        target.parent.mkdir(parents=True, exist_ok=True)
        before = _identity(address, files.info(path))
        files.get_file(path, str(part))
        files.invalidate_cache()
        if part.stat().st_size != before.size_bytes or not before.matches(
            _identity(address, files.info(path))
        ):
            raise OSError("it was changed while it was read, or the connection was lost")
        part.replace(target)
        return before

    try:
        return _tried(copy, address, SourceError, "read")
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
    names = [path.relative_to(source).as_posix() for path in paths]
    stored = [_store_file(path, address / name) for path, name in zip(paths, names, strict=True)]
    there = {file.address.path for file in find(address) or []}
    for path in there - {(address / name).path for name in names}:
        delete(address / path.relative_to(address.path).as_posix())
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
    files, path = open_address(address)
    content: bytes = _tried(lambda: files.cat_file(path), address, SourceError, "read")
    return content


def delete(address: RemoteAddress) -> None:
    """Delete a file, or a folder with all that is in it; nothing happens if it is not there.

    Raises:
        SinkError: If it cannot be deleted.
    """
    files, path = open_address(address)

    def remove() -> None:
        with suppress(FileNotFoundError):
            files.rm(path, recursive=True)

    _tried(remove, address, SinkError, "deleted")


def _store_file(source: Path, address: RemoteAddress) -> FileIdentity:
    files, path = open_address(address)

    def copy() -> FileIdentity:
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
            raise OSError("less is there than was sent")
        return stored

    return _tried(copy, address, SinkError, "written")


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


def _tried(
    action: Callable[[], T],
    address: RemoteAddress,
    kind: type[LivePoseError],
    verb: str,
    attempts: int = ATTEMPTS,
) -> T:
    """Return what an action returns, which is tried again if it fails for a moment.

    Raises:
        LivePoseError: Of this kind, if it fails for good.
    """
    for attempt in range(1, attempts + 1):
        try:
            return action()
        except LivePoseError:
            raise
        except Exception as error:  # each library behind fsspec has its own
            if attempt == attempts or not _is_passing(error):
                times = f", {attempt} times" if attempt > 1 else ""
                raise kind(f"{address} cannot be {verb}{times}: {_reason(error)}") from error
        time.sleep(FIRST_PAUSE_S * 2 ** (attempt - 1))
    raise AssertionError("there is at least one attempt")


def _is_passing(error: Exception) -> bool:
    """Return whether another attempt may succeed."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        return False
    return not isinstance(error, _PERMANENT) and type(error).__name__ not in _PERMANENT_NAMES


def _reason(error: Exception) -> str:
    """Return what an error says, as part of a sentence and without secrets."""
    text = " ".join(hide_secrets(getattr(error, "strerror", None) or str(error)).split())
    if isinstance(error, FileNotFoundError) and "bucket" not in text.lower():
        return "there is no such file"
    if isinstance(error, PermissionError):
        return f"access is denied ({text})" if text else "access is denied"
    return text.rstrip(".")[:_MAX_REASON] or type(error).__name__
