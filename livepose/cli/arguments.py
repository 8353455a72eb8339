"""Dataclasses of options -> the parameters of a command; what was typed -> the dataclasses.

Typer makes a command from a function's signature. Here that signature is made from a dataclass, so
that each option is declared once, in `session/options`:

    Options                     the dataclass of a command
      source: SourceOptions     a group: a dataclass whose fields are options
        size_px = option(...)   -> --size WxH; typed as 1280x720, it is the field's (1280, 720)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
    is_choice = isinstance(hint, type) and issubclass(hint, Enum)
    info = typer.Option(
        f"{flag}/--no-{flag.removeprefix('--')}" if is_switch and default is not False else flag,
        *filter(None, [spec.short_flag]),
        help=spec.help_text,
        rich_help_panel=spec.panel or panel,
        metavar=choices(hint) if spec.metavar is None and is_choice else spec.metavar,
        min=spec.minimum,
        max=spec.maximum,
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


def _parsed(field: OptionField, value: Any) -> object:
    """Return the value of a field, for what Typer has read."""
    parse = field.spec.parse or (lambda text: text)
    if value is None:
        return field.default
    try:
        return tuple(map(parse, value)) if field.spec.is_repeatable else parse(value)
    except OptionError as error:
        raise OptionError(f"{field.flag}: {error}") from error
