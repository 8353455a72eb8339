"""Dataclasses of options -> the parameters of a command; what was typed -> the dataclasses.

Typer makes a command from a function's signature. Here that signature is made from a dataclass, so
that each option is declared once, in `session/options`:

    Options                     the dataclass of a command
      source: SourceOptions     a group: a dataclass whose fields are options
        size_px = option(...)   -> --size WxH; typed as 1280x720, it is the field's (1280, 720)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from inspect import Parameter, Signature
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

import click
import typer
from click.core import ParameterSource

from livepose.core.errors import OptionError
from livepose.session.option_fields import OptionField, choices, option_fields

T = TypeVar("T")


class ListedChoice(click.Choice[str]):
    """A choice of words, some of which are understood without being listed.

    >>> listed = ListedChoice(["tea", "coffee", "water"], unlisted=["water"])
    >>> listed.convert("water", None, None)
    'water'
    >>> listed.convert("milk", None, None)
    Traceback (most recent call last):
        ...
    click.exceptions.BadParameter: 'milk' is not one of 'tea', 'coffee'.
    """

    def __init__(self, words: Sequence[str], unlisted: Sequence[str]) -> None:
        """Set the words.

        Args:
            words: To choose from.
            unlisted: Those of them that no message names.
        """
        super().__init__(words)
        self._listed = [word for word in words if word not in unlisted]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the word, or fail with those that are listed."""
        if value not in self.choices:
            words = ", ".join(map(repr, self._listed))
            self.fail(f"{value!r} is not one of {words}.", param, ctx)
        return value


def command(
    options_type: type[T], run: Callable[[T], int], *others: Parameter
) -> Callable[..., None]:
    """Return the function of a command, for Typer.

    Args:
        options_type: A dataclass. Its fields are options, dataclasses of options, or annotated with
            an argument of Typer's own.
        run: Called with an instance of it; returns the exit code. Its docstring is the help.
        others: Parameters that Typer handles alone, such as `--version`.
    """

    def function(**values: object) -> None:
        # `livepose` itself has options, and is called before its subcommands too.
        if click.get_current_context().invoked_subcommand is None:
            raise typer.Exit(run(build(options_type, values)))

    function.__doc__ = run.__doc__
    signature = Signature([*parameters(options_type), *others])
    function.__signature__ = signature  # type: ignore[attr-defined]
    return function


def parameters(options_type: type) -> Iterator[Parameter]:
    """Yield the parameters of a command, in the order of the dataclass's fields."""
    options = {field.name: field for field in option_fields(options_type)}
    for name, hint in _type_hints(options_type):
        if name in options:
            yield _option_parameter(options[name], hint, getattr(options_type, "panel", None))
        elif is_dataclass(hint) and isinstance(hint, type):
            yield from parameters(hint)
        elif any(isinstance(each, typer.models.ArgumentInfo) for each in get_args(hint)):
            yield Parameter(name, Parameter.KEYWORD_ONLY, annotation=hint)


def build(options_type: type[T], values: Mapping[str, object]) -> T:
    """Return the dataclass that the values of the parameters stand for.

    Raises:
        OptionError: If the text of an option cannot be parsed.
    """
    options = {field.name: field for field in option_fields(options_type)}
    made: dict[str, object] = {}
    for name, hint in _type_hints(options_type):
        if name in options:
            made[name] = _parsed(options[name], values[_parameter_name(options[name])])
        elif is_dataclass(hint) and isinstance(hint, type):
            made[name] = build(hint, values)
        elif name in values:
            made[name] = values[name]
    return options_type(**made)


def typed_flags() -> frozenset[str]:
    """Return the options of the current command that were typed, such as `--quality`."""
    context = click.get_current_context()
    return frozenset(
        flag
        for parameter in context.command.params
        if parameter.name is not None
        and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
        for flag in parameter.opts
    )


def _type_hints(options_type: type) -> Iterator[tuple[str, Any]]:
    hints = get_type_hints(options_type, include_extras=True)
    for field in fields(options_type):
        yield field.name, hints[field.name]


def _parameter_name(field: OptionField) -> str:
    # Not the field's name: two dataclasses may have fields of the same name.
    return field.flag.removeprefix("--").replace("-", "_")


def _option_parameter(field: OptionField, hint: Any, panel: str | None) -> Parameter:
    spec, flag, default = field.spec, field.flag, field.default
    is_switch = bool in (hint, *get_args(hint))
    words = next((each for each in (hint, *get_args(hint)) if _is_enum(each)), None)
    listed = None if words is None else [each for each in words if each not in spec.unlisted]
    info = typer.Option(
        f"{flag}/--no-{flag.removeprefix('--')}" if is_switch and default is not False else flag,
        *filter(None, [spec.short_flag]),
        help=spec.help_text,
        rich_help_panel=spec.panel or panel,
        metavar=spec.metavar if listed is None or spec.metavar else choices(listed),
        min=spec.minimum,
        max=spec.maximum,
        click_type=_choice_of(words, spec.unlisted) if words and spec.unlisted else None,
    )
    if spec.parse or spec.is_repeatable:
        # Typer reads text, which is parsed when the dataclass is built.
        item: Any = str if spec.parse else get_args(hint)[0]
        hint, default = (list[item] if spec.is_repeatable else item) | None, None
    return Parameter(
        _parameter_name(field),
        Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[hint, info],
    )


def _is_enum(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Enum)


def _choice_of(words: Iterable[Enum], unlisted: Iterable[Enum]) -> ListedChoice:
    return ListedChoice(*([str(each.value) for each in some] for some in (words, unlisted)))


def _parsed(field: OptionField, value: Any) -> object:
    """Return the value of a field, for what Typer has read."""
    parse = field.spec.parse or (lambda text: text)
    if value is None:
        return field.default
    try:
        return tuple(map(parse, value)) if field.spec.is_repeatable else parse(value)
    except OptionError as error:
        raise OptionError(f"{field.flag}: {error}") from error
