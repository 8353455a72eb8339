"""Which words are sources, as in `livepose clip.mp4`, and which one is a command."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from importlib import import_module

import click
import typer
from typer.core import TyperGroup

from livepose.session.named_source import is_camera_name, is_source

_COMMANDS = {
    "render": "render_command",
    "compare": "compare_command",
    "edit": "edit_command",
    "batch": "batch_app",
    "bench": "bench_command",
    "recover": "recover_command",
    "models": "models_app",
    "cameras": "cameras_command",
    "doctor": "doctor_command",
}
"""By name, the function of a command, or its own commands, in the module of its name."""


_EMPTY_VALUE = re.compile(r"--[a-z-]+=")
"""An option whose value is left out, such as `--out=`."""


class Program(TyperGroup):
    """Runs a command if the first word is one; if not, all words are sources, or options.

    A command's module is imported when it is run, or when all of them are listed.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order in which the help shows them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name; None if there is none."""
        return _load_command(cmd_name) if cmd_name in _COMMANDS else None

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help, with the keys of the window behind it."""
        self.epilog = _keys_line()
        super().format_help(ctx, formatter)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave the words that are no options in `ctx.obj`, unless the first one is a command.

        Raises:
            UsageError: If a word is neither a command nor can be a source, or if one is empty: as a
                path it would be the current folder.
        """
        if any(not word or _EMPTY_VALUE.fullmatch(word) for word in args):
            raise click.UsageError("an argument is empty: is a variable of the shell not set?", ctx)
        if args and args[0] in _COMMANDS:
            return super().parse_args(ctx, args)
        # Options may stand behind the sources, too.
        ctx.allow_interspersed_args = True
        words = click.Command.parse_args(self, ctx, args)
        for word in words:
            if not is_source(word) and (word in _COMMANDS or not is_camera_name(word)):
                raise click.UsageError(self._unknown(word), ctx)
        ctx.obj, ctx.args = tuple(words), []
        return []

    def _unknown(self, word: str) -> str:
        if word in _COMMANDS:
            return f"the command comes first: livepose {word} ..."
        known = [*_COMMANDS, "--demo"]
        close = get_close_matches(word.lower(), [each.lstrip("-") for each in known], n=1)
        meant = [each for each in known if each.lstrip("-") in close]
        hint = f"; did you mean {meant[0]}?" if meant else ""
        return f"there is no file or command {word!r}{hint}"


@lru_cache
def _load_command(name: str) -> click.Command:
    found = getattr(import_module(f"livepose.cli.{name}"), _COMMANDS[name])
    if isinstance(found, typer.Typer):
        app = found
    else:
        app = typer.Typer(add_completion=False)
        app.command()(found)
    command = typer.main.get_command(app)
    command.name = name
    return command


def given_sources() -> tuple[str, ...]:
    """Return the words of the current command that name sources."""
    return click.get_current_context().obj or ()


def _keys_line() -> str:
    """Return what each key does, as the window's help says it, in one line."""
    from livepose.sinks.window import KEY_HELP

    parts: list[str] = []
    for key, meaning in KEY_HELP:
        keys, meanings = key.split(", "), meaning.split(", ")
        # A row of as many keys as meanings pairs them.
        pairs = zip(keys, meanings, strict=True) if len(keys) == len(meanings) else [(key, meaning)]
        parts.append(", ".join(f"{each}: {does}" for each, does in pairs))
    return f"Keys in the window: {'; '.join(parts)}."
