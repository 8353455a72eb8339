"""Recognize films that are encrypted, so that no decoder can help."""

from __future__ import annotations

from mmap import ACCESS_READ, mmap
from pathlib import Path

_ENCRYPTED = {b"drmi": "FairPlay", b"encv": "Common Encryption"}


def copy_protection(path: Path) -> str:
    """Return a reason why an MP4's video cannot be decoded; empty if it is not encrypted.

    Args:
        path: A file that is not empty.
    """
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        # Each track names its codec in its sample descriptions (ISO/IEC 14496-12, stsd).
        at = content.find(b"stsd")
        while at >= 0:
            codec = content[at + 16 : at + 20]
            if codec in _ENCRYPTED:
                return f"it is copy-protected ({codec.decode()}, {_ENCRYPTED[codec]})"
            at = content.find(b"stsd", at + 4)
    return ""
