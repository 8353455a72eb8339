"""The words behind `livepose batch`: an option whose value may be left out."""

from __future__ import annotations

import pytest
import typer

from livepose.cli.batch import batch_app

WORDS = [
    (["--ray", "films"], "auto", ["films"]),
    (["films", "--ray"], "auto", ["films"]),
    (["films", "--ray", "--jobs", "2"], "auto", ["films"]),
    (["--ray", "local", "films"], "local", ["films"]),
    (["films", "--ray", "ray://head:10001"], "ray://head:10001", ["films"]),
    (["films", "--ray=10.0.0.1:6379"], "10.0.0.1:6379", ["films"]),
    (["films"], None, ["films"]),
    (["--", "films", "--ray"], None, ["films", "--ray"]),
]


@pytest.mark.parametrize(("words", "address", "inputs"), WORDS)
def test_ray_without_an_address_is_the_cluster_of_this_machine(
    words: list[str], address: str | None, inputs: list[str]
) -> None:
    program = typer.main.get_command(batch_app)
    with program.make_context("batch", words) as context:
        assert (context.params["ray"], list(context.params["inputs"])) == (address, inputs)
