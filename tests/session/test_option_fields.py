"""Dataclass fields that are options."""

from __future__ import annotations

from dataclasses import dataclass

from livepose.session.option_fields import SourceKind, option, option_fields
from livepose.session.options import (
    DataOptions,
    ModelOptions,
    OutputOptions,
    PeopleOptions,
    SourceOptions,
    StyleOptions,
)


@dataclass(frozen=True)
class BlurOptions:
    blur_width_px: int = option(5, "The width.", metavar="PX", minimum=1, maximum=9)
    kind: str = option("box", "The kind.", flag="--blur", sources=(SourceKind.IMAGE,))
    note: str = "no option"


def test_the_flag_is_the_fields_name_unless_given() -> None:
    assert [field.flag for field in option_fields(BlurOptions)] == ["--blur-width-px", "--blur"]


def test_other_fields_are_no_options() -> None:
    assert [field.name for field in option_fields(BlurOptions)] == ["blur_width_px", "kind"]


def test_an_instance_has_the_options_of_its_class_with_their_defaults() -> None:
    fields = list(option_fields(BlurOptions(blur_width_px=7)))
    of_class = list(option_fields(BlurOptions))
    assert [(field.name, field.spec) for field in fields] == [
        (field.name, field.spec) for field in of_class
    ]
    assert (
        [field.default for field in fields] == [field.default for field in of_class] == [5, "box"]
    )
    assert BlurOptions().blur_width_px == 5


def test_what_is_declared_is_kept_and_by_default_an_option_is_for_every_source() -> None:
    width, kind = (field.spec for field in option_fields(BlurOptions))
    assert (width.help_text, width.metavar, width.minimum, width.maximum) == (
        "The width.", "PX", 1, 9,
    )  # fmt: skip
    assert width.sources == tuple(SourceKind)
    assert kind.sources == (SourceKind.IMAGE,)
    assert not width.is_repeatable and width.parse is None


def test_every_option_of_livepose_has_a_flag_of_its_own_and_a_sentence_of_help() -> None:
    groups = (
        SourceOptions, OutputOptions, ModelOptions, PeopleOptions, StyleOptions, DataOptions,
    )  # fmt: skip
    fields = [field for group in groups for field in option_fields(group)]
    flags = [field.flag for field in fields] + [field.spec.short_flag for field in fields]
    flags = [flag for flag in flags if flag]
    assert len(set(flags)) == len(flags) > 30
    for field in fields:
        assert field.spec.help_text.endswith("."), field.flag
