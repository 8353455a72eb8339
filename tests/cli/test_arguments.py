"""Dataclasses of options become the parameters of a command, and what was typed becomes them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import Enum
from pathlib import Path
from typing import Annotated, ClassVar

import pytest
import typer
from typer.testing import CliRunner

from livepose.cli.arguments import build, command, parameters
from livepose.cli.render import RenderOptions
from livepose.core.errors import OptionError
from livepose.session.option_fields import option, option_fields
from livepose.session.options import Options, SourceOptions


class Taste(Enum):
    SWEET = "sweet"
    SOUR = "sour"


def parse_pair(text: str) -> tuple[int, int]:
    left, found, right = text.partition(":")
    if not found:
        raise OptionError(f"{text!r} is not a pair")
    return int(left), int(right)


@dataclass(frozen=True, slots=True)
class Fruit:
    panel: ClassVar[str] = "Fruit"

    taste: Taste = option(Taste.SWEET, "How it tastes.")
    weight_kg: float | None = option(None, "How heavy.", flag="--weight", minimum=0, maximum=9)
    is_ripe: bool = option(True, "Whether it can be eaten.", flag="--ripe")
    peel: bool = option(False, "Whether it is peeled.")
    wash: bool | None = option(None, "Whether it is washed.")
    pair: tuple[int, int] | None = option(None, "Two numbers.", metavar="A:B", parse=parse_pair)
    pairs: tuple[tuple[int, int], ...] = option((), "Many.", parse=parse_pair, is_repeatable=True)
    files: tuple[Path, ...] = option((), "Some files.", is_repeatable=True)


@dataclass(frozen=True, slots=True)
class Basket:
    name: Annotated[str, typer.Argument(metavar="NAME")]
    fruit: Fruit
    size: int = option(3, "How large.", minimum=1, panel="Basket")
    origin: str = "here"
    """Not an option."""


EMPTY = Basket("mine", Fruit())


def run(*words: str) -> tuple[int, list[Basket], str]:
    """Run the command of a basket, and return its exit code, what was built, and its output."""
    made: list[Basket] = []

    def collect(basket: Basket) -> int:
        """Fill a basket."""
        made.append(basket)
        return 7

    app = typer.Typer()
    app.command()(command(Basket, collect))
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})
    return result.exit_code, made, result.output


def test_without_options_the_dataclasses_have_their_defaults() -> None:
    code, made, _ = run("mine")
    assert (code, made) == (7, [EMPTY])


@pytest.mark.parametrize(
    ("words", "fruit"),
    [
        (("--taste", "sour"), Fruit(taste=Taste.SOUR)),
        (("--weight", "1.5"), Fruit(weight_kg=1.5)),
        (("--no-ripe",), Fruit(is_ripe=False)),
        (("--ripe",), Fruit(is_ripe=True)),
        (("--peel",), Fruit(peel=True)),
        (("--wash",), Fruit(wash=True)),
        (("--no-wash",), Fruit(wash=False)),
        (("--pair", "1:2"), Fruit(pair=(1, 2))),
        (("--pairs", "1:2", "--pairs", "3:4"), Fruit(pairs=((1, 2), (3, 4)))),
        (("--files", "a", "--files", "b/c"), Fruit(files=(Path("a"), Path("b/c")))),
    ],
)
def test_each_kind_of_field_gets_its_typed_value(words: tuple[str, ...], fruit: Fruit) -> None:
    assert run("mine", *words)[1] == [replace(EMPTY, fruit=fruit)]


def test_fields_of_the_command_itself_are_options_too() -> None:
    assert run("mine", "--size", "5")[1] == [replace(EMPTY, size=5)]


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("mine", "--taste", "bitter"),
        ("mine", "--weight", "10"),
        ("mine", "--weight", "-1"),
        ("mine", "--size", "0"),
        ("mine", "--no-peel"),
        ("mine", "--origin", "there"),
    ],
)
def test_what_does_not_fit_a_declaration_is_a_usage_error(words: tuple[str, ...]) -> None:
    code, made, _ = run(*words)
    assert (code, made) == (2, [])


def test_an_error_of_a_parser_names_the_option() -> None:
    values = {parameter.name: parameter.default for parameter in parameters(Basket)}
    given = {"name": "mine", "pair": "12"}
    with pytest.raises(OptionError, match=r"^--pair: '12' is not a pair$"):
        build(Basket, values | given)


def test_the_help_shows_panels_flags_bounds_and_defaults() -> None:
    code, _, text = run("--help")
    assert code == 0
    for shown in ("Fill a basket.", "─ Fruit ─", "─ Basket ─", "--ripe", "--no-ripe", "A:B"):
        assert shown in text
    assert "[sweet | sour]" in text, "a narrow terminal breaks the line at a space"
    assert "[0<=x<=9]" in text and "[default: sweet]" in text and "--no-peel" not in text


@pytest.mark.parametrize("options_type", [Options, RenderOptions])
def test_no_two_options_of_a_command_have_the_same_name(options_type: type) -> None:
    names = [parameter.name for parameter in parameters(options_type)]
    assert len(set(names)) == len(names) > 15


def test_the_command_has_every_option_that_is_declared() -> None:
    groups = Options(SourceOptions()).groups
    declared = {each.flag for group in groups for each in option_fields(group)}
    typed = {f"--{parameter.name.replace('_', '-')}" for parameter in parameters(Options)}
    assert typed == declared


def test_every_field_of_every_group_is_an_option_with_a_help_text() -> None:
    for group in Options(SourceOptions()).groups:
        declared = list(option_fields(group))
        assert [each.name for each in declared] == [field.name for field in fields(group)]
        assert all(each.spec.help_text.endswith(".") for each in declared)
