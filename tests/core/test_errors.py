"""Errors: each is also the built-in exception that fits."""

from __future__ import annotations

import pytest

from livepose.core.errors import (
    LivePoseError,
    ModelError,
    OptionError,
    RuntimeMissing,
    SinkError,
    SourceCutShort,
    SourceError,
    SourceNotFound,
    TargetExists,
)


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (SourceError, OSError),
        (SourceNotFound, FileNotFoundError),
        (SourceCutShort, SourceError),
        (RuntimeMissing, ImportError),
        (SinkError, OSError),
        (TargetExists, FileExistsError),
        (TargetExists, SinkError),
        (OptionError, ValueError),
        (ModelError, LivePoseError),
    ],
)
def test_an_error_is_also_the_builtin_that_fits(
    kind: type[LivePoseError], builtin: type[Exception]
) -> None:
    error = kind("what happened to what")
    assert isinstance(error, LivePoseError)
    assert isinstance(error, builtin)
    assert str(error) == "what happened to what"
