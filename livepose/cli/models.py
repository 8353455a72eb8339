"""`livepose models`: list, download, locate and verify the models."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from livepose.cli.terminal import ProgressReporter, data_console, print_note
from livepose.core.errors import ModelError
from livepose.models.catalog import CATALOG, ModelSpec, named
from livepose.models.files.cache import Store
from livepose.models.files.resolve import Request, cache_key, litert_file, understand

models_app = typer.Typer(help="List, download, locate and verify the models.", no_args_is_help=True)
_Name = Annotated[str, typer.Argument(metavar="NAME", help=f"One of {', '.join(CATALOG)}.")]


@models_app.command("list")
def list_models() -> None:
    """List the models, and show which of them are on this machine."""
    store = Store()
    origins = {entry.key.partition("-")[0]: entry.origin for entry in store.entries()}
    for spec in CATALOG.values():
        state = f"here, from {origins[spec.name]}" if spec.name in origins else "not downloaded yet"
        data_console.print(f"{spec.name:<10} {state:<20} {spec.summary}")
    print_note(f"in {store.folder}", "dim")


@models_app.command("get")
def get_model(name: _Name) -> None:
    """Download a model, so that its first run needs no internet connection."""
    request = _usual(named(name))
    with ProgressReporter() as reporter:
        path = litert_file(request, Store(), reporter.callbacks().on_download)
    data_console.print(path)


def _usual(spec: ModelSpec) -> Request:
    """Return the request for a model, with the input size for 16:9 frames if it takes any."""
    request = understand(spec.name)
    return replace(request, input_px=(256, 160)) if spec.takes_any_size else request


@models_app.command("path")
def print_path(name: _Name) -> None:
    """Print the path of a model's file."""
    spec = named(name)
    path = Store().find(cache_key(_usual(spec)))
    if path is None:
        raise ModelError(f"{spec.name} is not on this machine: livepose models get {spec.name}")
    data_console.print(path)


@models_app.command("verify")
def verify_models() -> None:
    """Compare every file in the cache with its SHA-256."""
    store = Store()
    damaged = 0
    for entry in store.entries():
        is_whole = entry.is_whole()
        damaged += not is_whole
        data_console.print(f"{'good' if is_whole else 'DAMAGED':<8} {entry.path}")
    if damaged:
        raise ModelError(f"{damaged} files are damaged: the next run downloads them again")
    print_note(f"{len(store.entries())} files in {store.folder}", "dim")
