"""Hide passwords and tokens in whatever is shown, logged or written to a file."""

from __future__ import annotations

import re

HIDDEN = "***"
_HARMLESS = {
    *("action", "audio", "camera", "channel", "codec", "compression", "duration", "format", "fps"),
    *("framerate", "height", "index", "lite-format", "mode", "port", "profile", "proto"),
    *("protocol", "quality", "rate", "resolution", "rotation", "size", "speed", "stream"),
    *("streamtype", "subtype", "t", "tf-hub-format", "time", "timeout", "transport"),
    *("transportmode", "type", "unicast", "video", "width"),
}
"""Names of parameters whose values may be shown. Every other one could be a token: cameras and
services call it `token`, `key`, `auth`, `sig`, `pwd`, `s`, and much else."""
_PLAIN_VALUE = re.compile(r"[\w.,:x-]{1,16}")
_PLAIN_NAME = re.compile(r"[\w.-]{1,32}")
_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]+:[/\\]+"
_ADDRESS = re.compile(rf"(?P<scheme>{_SCHEME})(?P<rest>\S*)")
_SPACED_PASSWORD = re.compile(
    rf"({_SCHEME})[^\s/?#@:]*:(?!\d*(?:[\s/:,;.)'\"]|$))[^/?#@\n]*[^\S\n][^/?#@\n]*@"
)
"""A password with spaces, which would end the address too early."""
_LOGIN_ALONE = re.compile(
    r"(?<![^\s'\"(<=])(?:\w*//+|\w*(?:t[st]?ps?|rtmps?|srt|udp|tcp)/+)?[^\s:@/\\'\"(<]+:[^\s@/\\][^\s@]*@(?=\S)"
)
"""`user:password@` without a scheme, or with one that is not written as it should be."""
_NAMED_SECRET = re.compile(
    r"(?<![^\W_])((?:pass\w*|pwd|tokens?|\w*_?token|secret|\w*_?key|auth\w*|sig|signature)=)(?!\*\*\*)[^\s&;]+",
    re.IGNORECASE,
)
_QUERY_ALONE = re.compile(r"(?<=[?&])([\w.%-]+)=(?!\*\*\*)([^\s&;#]+)")
_PORT_ERROR = re.compile(r"((?:integer value as|nonnumeric port:) )'[^\n]*'")
"""Python's words for a port that is none, which may be the password of an incomplete address."""
_AUTHORITY = re.compile(r"[^/\\?#]*")
_HOST = re.compile(r"(?:\[[^\]]*\]?|[^:\[\]]*)(?::(?:\d*|PORT))?[^\w\]]*")
_TRAILING = re.compile(r"""[)\]>'",.;:]+$""")


def hide_secrets(text: str) -> str:
    """Return a text in which no address has a password, a token or the like.

    The user and the password are left out, and so is the value of every parameter that is not known
    to be harmless. Misspelled addresses are covered too; nothing else is changed.

    >>> hide_secrets("rtsp://user:secret@camera.local/live is gone")
    'rtsp://camera.local/live is gone'
    >>> hide_secrets("https://example.org/v.mjpg?token=4f2a&fps=10")
    'https://example.org/v.mjpg?token=***&fps=10'
    """
    text = _SPACED_PASSWORD.sub(r"\1", text)
    text = _ADDRESS.sub(lambda match: match["scheme"] + _without_secrets(match["rest"]), text)
    text = _LOGIN_ALONE.sub("", text)
    text = _PORT_ERROR.sub(rf"\1'{HIDDEN}'", text)
    text = _QUERY_ALONE.sub(lambda match: _parameter(match[0]), text)
    return _NAMED_SECRET.sub(rf"\1{HIDDEN}", text)


def _without_secrets(address: str) -> str:
    """Return what follows the scheme of an address, without secrets."""
    end = _TRAILING.search(address)
    trailing = end[0] if end else ""
    address = _without_login(address[: len(address) - len(trailing)])
    authority = _AUTHORITY.match(address)
    host = authority[0] if authority else ""
    path, *others = re.split(r"([?#])", address[len(host) :])
    path = "/".join(_parameters(part) if "=" in part else part for part in path.split("/"))
    marks, values = others[::2], others[1::2]
    shown = "".join(
        mark + _parameters(value) for mark, value in zip(marks, values, strict=True) if value
    )
    return host + path + shown + trailing


def _without_login(address: str) -> str:
    """Return an address without `user:password@`, also if the password has a slash in it."""
    authority = _AUTHORITY.match(address)
    host = authority[0] if authority else ""
    if "@" in host:
        address = address[host.rindex("@") + 1 :]
        host = host.rpartition("@")[2]
    if "@" in address[len(host) :] and ":" in host:
        return address.rpartition("@")[2]
    if not _HOST.fullmatch(host):  # "user:password", without the host that is to follow
        return f"{host.partition(':')[0]}:{HIDDEN}{address[len(host) :]}"
    return address


def _parameters(text: str) -> str:
    return "".join(
        part if part in ("&", ";") else _parameter(part) for part in re.split("([&;])", text)
    )


def _parameter(text: str) -> str:
    """Return `name=value` with the value hidden, unless it may be shown."""
    name, _, value = text.partition("=")
    if not value.strip("="):
        return HIDDEN if text else ""
    if not _PLAIN_NAME.fullmatch(name):
        return HIDDEN
    if name.lower() in _HARMLESS and _PLAIN_VALUE.fullmatch(value):
        return text
    return f"{name}={HIDDEN}"
