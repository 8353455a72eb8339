"""The examples in docstrings do what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import livepose
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
    "livepose.motion.estimator",
    "livepose.pipeline.live",
    "livepose.pipeline.offline",
    "livepose.session.run",
)


def test_there_are_examples() -> None:
    assert len(WITH_EXAMPLES) >= 17
    assert set(WITH_A_MODEL) < set(WITH_EXAMPLES)


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
