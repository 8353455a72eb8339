"""`livepose models`: list, download, locate and verify the models."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from livepose.cli.progress import ProgressReporter
from livepose.cli.terminal import data_console, print_note
from livepose.core.errors import ModelError
from livepose.models.catalog import CATALOG, ModelSpec, get_spec
from livepose.models.files.cache import ModelCache
from livepose.models.files.resolve import ModelRef, cache_key, litert_file, resolve

models_app = typer.Typer(
    help="List, download, locate and verify the models.",
    no_args_is_help=True,
    add_completion=False,
)
_Name = Annotated[str, typer.Argument(metavar="NAME", help=f"One of {', '.join(CATALOG)}.")]


@models_app.command("list")
def list_models() -> None:
    """List the models, and show which of them are on this machine."""
    cache = ModelCache()
    origins = {entry.key.partition("-")[0]: entry.origin for entry in cache.entries()}
    for spec in CATALOG.values():
        state = f"here, from {origins[spec.name]}" if spec.name in origins else "not downloaded yet"
        data_console().print(f"{spec.name:<10} {state:<20} {spec.summary}")
    print_note(f"in {cache.folder}", "dim")


@models_app.command("get")
def get_model(name: _Name) -> None:
    """Download a model, so that its first run needs no internet connection."""
    model = _with_input_size(get_spec(name))
    with ProgressReporter() as reporter:
        path = litert_file(model, ModelCache(), reporter.callbacks().on_download)
    data_console().print(path)


def _with_input_size(spec: ModelSpec) -> ModelRef:
    """Return the model of a spec; if its input is dynamic, with the size for 16:9 frames."""
    model = resolve(spec.name)
    return replace(model, input_px=(256, 160)) if spec.has_dynamic_input else model


@models_app.command("path")
def print_path(name: _Name) -> None:
    """Print the path of a model's file."""
    spec = get_spec(name)
    path = ModelCache().find(cache_key(_with_input_size(spec)))
    if path is None:
        raise ModelError(f"{spec.name} is not on this machine: livepose models get {spec.name}")
    data_console().print(path)


@models_app.command("verify")
def verify_models() -> None:
    """Compare every file in the cache with its SHA-256."""
    cache = ModelCache()
    damaged = 0
    for entry in cache.entries():
        is_intact = entry.is_intact()
        damaged += not is_intact
        data_console().print(f"{'good' if is_intact else 'DAMAGED':<8} {entry.path}")
    if damaged:
        raise ModelError(f"{damaged} files are damaged: the next run downloads them again")
    print_note(f"{len(cache.entries())} files in {cache.folder}", "dim")
