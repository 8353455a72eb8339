"""Texts without the names of people and their folders, to be pasted into a bug report."""

from __future__ import annotations

import getpass
import re
from pathlib import Path

_SHARED_NAMES = ("", "root", "user", "users", "home")
"""Names of users that say nothing, or are those of folders."""
_OTHER_HOME = re.compile(
    r"(?<![\w.-])((?:/home|/Users|\\Users)[/\\])([^/\\\n,:]+(?=[/\\])|[^/\\\s,:]+)"
)
"""The folder of a user, as of the one for whom sudo runs a program."""
_OWNER = re.compile(r"^.*['\u2019]s (?=\w)")
"""How a phone is called that is somebody's: Ann's iPhone."""


def without_names(text: str, home: str | None = None, user: str | None = None) -> str:
    """Return a text with `~` for the home folder, and `USER` for the user's name in other paths.

    Args:
        text: Any.
        home: The path of the home folder; that of this user by default.
        user: The user's name; that of this user by default.

    >>> without_names("/home/ann/.cache and /media/ann/usb", home="/home/ann", user="ann")
    '~/.cache and /media/USER/usb'
    """
    home = _home() if home is None else home
    user = _user() if user is None else user
    if home.strip("/\\"):
        text = re.sub(rf"{re.escape(home)}(?![\w.-])", "~", text)
    if user not in _SHARED_NAMES:
        text = re.sub(rf"(?<=[/\\]){re.escape(user)}(?![\w.-])", "USER", text)
    return _OTHER_HOME.sub(r"\1USER", text)


def without_owner(name: str) -> str:
    """Return the name of a camera without that of its owner.

    >>> without_owner("Ann's iPhone Camera"), without_owner("HD Webcam")
    ('iPhone Camera', 'HD Webcam')
    """
    return _OWNER.sub("", name)


def _home() -> str:
    try:
        return str(Path.home())
    except RuntimeError:  # there is none
        return ""


def _user() -> str:
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # it has no name
        return ""
