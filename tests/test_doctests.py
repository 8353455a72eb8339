"""The examples in docstrings do what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import livepose
from livepose.core.errors import LivePoseError
from tests.support.models import warm_cache
from tests.support.needs import needs_shared

PACKAGE = Path(livepose.__file__).parent
WITH_EXAMPLES = sorted(
    ".".join(("livepose", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    )
    for path in PACKAGE.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


WITH_A_MODEL = (
    "livepose.models",
    "livepose.models.loader",
    "livepose.motion.backward_search",
    "livepose.motion.deferred",
    "livepose.motion.estimator",
    "livepose.motion.people_search",
    "livepose.motion.top_down",
    "livepose.pipeline.live",
    "livepose.pipeline.offline",
    "livepose.pipeline.parallel_model",
    "livepose.session.image",
    "livepose.session.kept_models",
    "livepose.session.run",
)
"""They share the compiled models of the session; any other one would compile its own."""


def test_there_are_examples() -> None:
    assert len(WITH_EXAMPLES) >= 70
    assert set(WITH_A_MODEL) < set(WITH_EXAMPLES)


@pytest.mark.parametrize("name", dir(livepose))
def test_every_public_class_shows_an_example(name: str) -> None:
    value = getattr(livepose, name)
    if isinstance(value, type):
        # One example shows all errors.
        kind = LivePoseError if issubclass(value, LivePoseError) else value
        docs = [kind.__doc__, *(getattr(part, "__doc__", None) for part in vars(kind).values())]
        assert any(">>> " in (doc or "") for doc in docs)


@pytest.mark.parametrize("name", [name for name in WITH_EXAMPLES if name not in WITH_A_MODEL])
def test_the_examples_of_a_module_give_what_they_show(name: str) -> None:
    assert_right(name)


@needs_shared
@pytest.mark.parametrize("name", WITH_A_MODEL)
def test_the_examples_with_a_model_give_what_they_show(
    name: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))
    assert_right(name)


def assert_right(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0
