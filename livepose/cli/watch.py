"""`livepose`: from a source to a window and files."""

from __future__ import annotations

from inspect import Parameter
from typing import Annotated

import typer

from livepose._version import __version__
from livepose.cli.arguments import command
from livepose.cli.execute import run_image, run_stream
from livepose.session.option_fields import SourceKind
from livepose.session.options import Options


def _watch(options: Options) -> int:
    """Show pose skeletons live, on a webcam, a video, an image or the built-in figure.

    livepose --camera 0  |  livepose --video clip.mp4 --out annotated.mp4  |  livepose --demo
    """
    if options.source.kind is SourceKind.IMAGE:
        return run_image(options)
    return run_stream(options)


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
