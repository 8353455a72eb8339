"""`livepose`: from a source to a window and files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from inspect import Parameter
from pathlib import Path
from typing import Annotated

import typer

from livepose._version import __version__
from livepose.cli.arguments import command, typed_flags
from livepose.cli.execute import FAILURE, Outcome, watch_image, watch_stream
from livepose.cli.program import given_sources
from livepose.cli.terminal import print_note
from livepose.core.errors import LivePoseError, OptionError
from livepose.export import STANDARD_OUTPUT
from livepose.session.named_source import PLACEHOLDER, with_names, with_source
from livepose.session.option_fields import SourceKind
from livepose.session.options import Options
from livepose.session.validation.source import check_source_options


def _watch(options: Options) -> int:
    """Show pose skeletons live, on a webcam, a video, an image or the built-in figure.

    livepose 0  |  livepose clip.mp4 -o annotated.mp4  |  livepose photo.jpg  |  livepose --demo

    A source is a file, an image sequence (img_%04d.png, 'img*.png' or a folder),
    the number or URL of a camera, or - for standard input. Several sources are
    run in turn; {name} in the name of an output stands for the source's name.
    """
    words = given_sources()
    runs = [with_names(with_source(options, word)) for word in words] or [with_names(options)]
    _check_all(runs, options)
    code = 0
    for number, each in enumerate(runs):
        if len(runs) > 1:
            print_note(f"{number + 1} of {len(runs)}: {words[number]}", "bold")
        if number + 1 < len(runs) and each.source.kind is SourceKind.VIDEO:  # the next one follows
            each = replace(each, output=replace(each.output, keep_open=False))
        try:
            watch = watch_image if each.source.kind is SourceKind.IMAGE else watch_stream
            outcome = watch(each)
        except LivePoseError as error:
            if len(runs) == 1 or isinstance(error, OptionError):
                raise
            print_note(f"livepose: {error}", "red")
            outcome = Outcome(FAILURE)
        code = max(code, outcome.code)
        if outcome.was_quit:
            break
    return code


def _check_all(runs: Sequence[Options], options: Options) -> None:
    """Check the options of every run before the first one begins.

    Raises:
        OptionError: If an option has no effect with a source, or if two sources would write the
            same file.
    """
    typed = typed_flags()
    for each in runs:
        check_source_options(each, typed)
    if len(runs) == 1:
        return
    for path in filter(None, (options.output.out, *options.data.files)):
        if PLACEHOLDER not in str(path) and path != STANDARD_OUTPUT:
            example = path.parent / f"{PLACEHOLDER}_{path.name}"
            raise OptionError(
                f"{path} would be written by each of {len(runs)} sources: put {PLACEHOLDER} into "
                f"its name, as in {example}"
            )
    seen: set[Path] = set()
    for each in runs:
        files = set(filter(None, (each.output.out, *each.data.files))) - {STANDARD_OUTPUT}
        for path in files & seen:
            raise OptionError(f"{path} would be written by two sources of the same name")
        seen |= files


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(f"livepose {__version__}")
        raise typer.Exit


_VERSION = Parameter(
    "version",
    Parameter.KEYWORD_ONLY,
    default=False,
    annotation=Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ],
)
watch_command = command(Options, _watch, _VERSION)
