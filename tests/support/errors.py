"""What every error message promises."""

from __future__ import annotations

from livepose.core.errors import LivePoseError


def assert_one_sentence(error: BaseException, subject: str) -> None:
    """Assert that an error of ours names its subject in one short line, without error codes."""
    assert isinstance(error, LivePoseError)
    text = str(error)
    assert subject in text and "\n" not in text and "Errno" not in text and len(text) < 400
