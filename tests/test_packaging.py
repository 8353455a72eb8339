"""What pyproject.toml promises, what the README says of it, and what happens without TensorFlow."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from check_platforms import SYSTEMS, extras_of, one_line, pythons_of, versions_text
from livepose.core.errors import ModelError, RuntimeMissing
from livepose.models import load_model
from livepose.models.convert import tensorflow_graph

PROJECT = Path(__file__).parents[1]
PYPROJECT = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
README = (PROJECT / "README.md").read_text(encoding="utf-8")
WITH_TENSORFLOW = {"tensorflow", "tensorflow-hub", "setuptools", "protobuf"}
"""What a light install leaves out."""


def requirements() -> list[str]:
    """Return the requirements of livepose itself, without their markers."""
    section = re.search(r"^dependencies = \[\n(.*?)^\]", PYPROJECT, re.S | re.M)
    assert section
    return re.findall(r'^ +"([^";]+)', section[1], re.M)


def name_of(requirement: str) -> str:
    return re.split(r"[<>=!]", requirement)[0]


def test_the_light_install_names_every_requirement_but_tensorflows() -> None:
    block = re.search(r"<!-- light install -->\n```sh\n(.*?)```", README, re.S)
    assert block
    command = block[1].partition("pip install ")[2].partition("&&")[0]
    listed = {name_of(word.strip("'")) for word in command.replace("\\\n", " ").split()}
    assert listed == {name_of(each) for each in requirements()} - WITH_TENSORFLOW


def test_the_light_install_keeps_the_upper_bounds() -> None:
    for requirement in requirements():
        bound = re.search(r"<[\d.]+$", requirement)
        if bound and name_of(requirement) not in WITH_TENSORFLOW:
            assert f"'{name_of(requirement)}{bound[0]}'" in README


def test_the_versions_of_python_are_those_that_the_classifiers_name() -> None:
    bounds = re.search(r'^requires-python = ">=3\.(\d+),<3\.(\d+)"', PYPROJECT, re.M)
    assert bounds
    first, end = map(int, bounds.groups())
    assert pythons_of(PYPROJECT) == [f"3.{minor}" for minor in range(first, end)]


def test_the_systems_are_those_that_are_resolved_for() -> None:
    named = set(re.findall(r'"Operating System :: ([^"]+)"', PYPROJECT))
    assert named == {system.classifier for system in SYSTEMS}


def test_every_extra_is_resolved_for() -> None:
    assert {"openvino", "parquet", "test"} <= set(extras_of(PYPROJECT))


def test_the_reason_for_a_failed_resolution_is_one_line() -> None:
    said = "error: No solution found\n  cause: Because a has\n    no wheels\n\nhint: Wheels for a\n"
    assert one_line(said) == "Because a has no wheels"
    assert one_line("error: no network\n") == "error: no network"


def test_versions_that_follow_one_another_are_a_range() -> None:
    assert versions_text(["3.10", "3.11", "3.12"]) == "3.10 to 3.12"
    assert versions_text(["3.10", "3.12"]) == "3.10, 3.12"
    assert versions_text([]) == "none"


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_links_into_the_repository_lead_somewhere(page: str) -> None:
    text = (PROJECT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert links
    for link in links:
        assert ((PROJECT / page).parent / link).exists(), link


def test_on_the_package_index_links_and_pictures_are_complete() -> None:
    tomllib: Any = pytest.importorskip("tomllib", reason="Python 3.11 reads TOML")
    hook = tomllib.loads(PYPROJECT)["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    text = README
    for each in hook["substitutions"]:
        text = re.sub(each["pattern"], each["replacement"], text)
    assert "](https://raw.githubusercontent.com/livepose/livepose/main/docs/demo.jpg)" in text
    assert "](https://github.com/livepose/livepose/blob/main/docs/angles.md)" in text
    assert not re.findall(r"\]\((?!https?:|#)[^)]+\)", text)


@pytest.fixture
def without_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)


@pytest.mark.usefixtures("without_tensorflow")
def test_the_tensorflow_runtime_says_that_tensorflow_is_missing() -> None:
    with pytest.raises(RuntimeMissing, match="needs TensorFlow, which") as caught:
        load_model("lightning", "tensorflow")
    assert "leave out --runtime tensorflow" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.usefixtures("without_tensorflow")
@pytest.mark.parametrize("model", ["a SavedModel", "a URL"])
def test_a_model_that_has_to_be_converted_says_that_tensorflow_is_missing(
    model: str, tmp_path: Path
) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"a graph")
    name = str(tmp_path) if model == "a SavedModel" else "https://tfhub.dev/google/other/1"
    with pytest.raises(RuntimeMissing, match="needs TensorFlow, which") as caught:
        load_model(name, trust=True)
    assert "a LiteRT file" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.usefixtures("without_tensorflow")
def test_on_python_3_14_it_says_that_there_is_no_tensorflow_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 14, 0, "final", 0))
    with pytest.raises(RuntimeMissing, match=r"does not support Python 3\.14 yet"):
        tensorflow_graph.check_tensorflow()


@pytest.mark.usefixtures("without_tensorflow")
def test_a_known_model_without_a_file_says_why_its_graphs_are_of_no_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    with pytest.raises(ModelError, match="converting their graphs needs TensorFlow") as caught:
        load_model("multipose", frame_px=(640, 480))
    assert "install livepose with TensorFlow" in str(caught.value)
