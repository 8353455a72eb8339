"""Options: what each source is, and what follows from several fields together."""

from __future__ import annotations

from pathlib import Path

import pytest

from livepose.analysis.repetition_rules import parse_repetitions
from livepose.core.errors import OptionError
from livepose.draw import Background, OneColor, Style
from livepose.draw.style import THICKNESSES, parse_style_words
from livepose.session.option_fields import SourceKind
from livepose.session.options import (
    DataOptions,
    Effort,
    ModelOptions,
    SourceOptions,
    StyleOptions,
)


@pytest.mark.parametrize(
    ("source", "kind", "path"),
    [
        (SourceOptions(camera="0"), SourceKind.CAMERA, None),
        (SourceOptions(video="a/b.mp4"), SourceKind.VIDEO, Path("a/b.mp4")),
        (SourceOptions(image=Path("a.png")), SourceKind.IMAGE, Path("a.png")),
        (SourceOptions(demo=True), SourceKind.DEMO, None),
    ],
)
def test_a_source_has_a_kind_and_perhaps_a_file(
    source: SourceOptions, kind: SourceKind, path: Path | None
) -> None:
    assert (source.kind, source.path) == (kind, path)


@pytest.mark.parametrize("source", [SourceOptions(), SourceOptions(camera="0", demo=True)])
def test_there_is_one_source(source: SourceOptions) -> None:
    with pytest.raises(OptionError, match="give exactly one source"):
        _ = source.kind


def test_what_is_counted_is_measured_once_and_after_what_was_asked_for() -> None:
    rules = tuple(map(parse_repetitions, ("right_knee:>90", "left_elbow:>30")))
    data = DataOptions(angles=("left_elbow", "trunk"), repetitions=rules)
    assert data.measured_angles == ("left_elbow", "trunk", "right_knee")


def test_files_are_those_of_poses_and_the_report() -> None:
    data = DataOptions(save=(Path("a.csv"), Path("b.trc")), reports=(Path("c.html"),))
    assert data.files == (Path("a.csv"), Path("b.trc"), Path("c.html"))
    assert DataOptions().files == ()


def test_a_style_has_everything_that_was_asked_for() -> None:
    options = StyleOptions(
        words=parse_style_words("#0000ff,thick"),
        min_score=0.5,
        background=Background.DIM,
        boxes=True,
        hidden=frozenset({"left_ear"}),
        mirror=True,
    )
    assert options.to_style(is_multi_person=True) == Style(
        min_score=0.5,
        mirror=True,
        colors=OneColor((255, 0, 0)),
        thickness=THICKNESSES["thick"],
        background=Background.DIM,
        boxes=True,
        hidden=frozenset({"left_ear"}),
    )
    assert StyleOptions().to_style(is_multi_person=False) == Style()


def test_the_best_effort_and_what_is_measured_take_thunder_unless_a_model_is_given() -> None:
    assert ModelOptions().decided(is_measured=False).name == "lightning"
    assert ModelOptions(effort=Effort.BEST).decided(is_measured=False).name == "thunder"
    assert ModelOptions().decided(is_measured=True).name == "thunder"
    best = ModelOptions("lightning", effort=Effort.BEST)
    assert best.decided(is_measured=True).name == "lightning"
