"""Tokens of servers: who knows it may connect."""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets

from livepose.core.errors import OptionError

_TOKEN_BYTES = 24
_MIN_LENGTH = 12
_TOKEN = re.compile(r"[A-Za-z0-9_.~-]+")


def make_token() -> str:
    """Return a new token, fit for an address."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def check_token(token: str) -> None:
    """Check that a token can stand in an address, and cannot be guessed quickly.

    Raises:
        OptionError: If it is too short, or has other characters.
    """
    if len(token) < _MIN_LENGTH or not _TOKEN.fullmatch(token):
        raise OptionError(
            f"--token needs at least {_MIN_LENGTH} letters, digits, - or _: leave it out, and one "
            "is made"
        )


def is_same_token(given: str, token: str) -> bool:
    """Return whether a token is the right one, in a time that says nothing of how much of it is.

    >>> is_same_token("one", "two"), is_same_token("two", "two")
    (False, True)
    """
    return hmac.compare_digest(
        given.encode("utf-8", "surrogateescape"), token.encode("utf-8", "surrogateescape")
    )


def is_loopback(host: str) -> bool:
    """Return whether a host can be reached from this machine only.

    >>> is_loopback("localhost"), is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def token_for(host: str, token: str | None) -> str:
    """Return the token that clients of a server need; empty if they need none.

    Args:
        host: Where it listens. What only this machine can reach needs no token.
        token: The one that was given; None if there is none.

    Raises:
        OptionError: If the token that was given is unfit.
    """
    if token is not None:
        check_token(token)
        return token
    return "" if is_loopback(host) else make_token()
