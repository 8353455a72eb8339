"""What fails for a moment, far away, is tried again; what fails for good is said in a sentence."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from typing import TypeVar

from livepose.batch.remote_paths import RemoteAddress
from livepose.core.errors import LivePoseError
from livepose.core.secrets import hide_secrets

ATTEMPTS = 5
ATTEMPTS_TO_FIND = 2
"""Somebody waits before the work begins, and the libraries are patient too."""
FIRST_PAUSE_S = 0.5
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
_MAX_REASON = 200
T = TypeVar("T")


def tried(
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
            if attempt == attempts or not is_passing(error):
                times = f", {attempt} times" if attempt > 1 else ""
                raise kind(f"{address} cannot be {verb}{times}: {reason_of(error)}") from error
        time.sleep(FIRST_PAUSE_S * 2 ** (attempt - 1))
    raise AssertionError("there is at least one attempt")


def is_passing(error: Exception) -> bool:
    """Return whether another attempt may succeed."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        return False
    return not isinstance(error, _PERMANENT) and type(error).__name__ not in _PERMANENT_NAMES


def reason_of(error: Exception) -> str:
    """Return what an error says, as part of a sentence and without secrets."""
    text = " ".join(hide_secrets(getattr(error, "strerror", None) or str(error)).split())
    if isinstance(error, FileNotFoundError) and "bucket" not in text.lower():
        return "there is no such file"
    if isinstance(error, PermissionError):
        return f"access is denied ({text})" if text else "access is denied"
    return text.rstrip(".")[:_MAX_REASON] or type(error).__name__
