"""Damage LiteRT files, and run each on the demo in a process of its own."""

from __future__ import annotations

from fault_sections.program import run as run_livepose
from fault_sections.section import Outcome, Trial
from livepose.models.catalog import CATALOG
from livepose.models.files.cache import ModelCache
from livepose.models.files.resolve import litert_file, resolve


def run(trial: Trial, outcome: Outcome) -> None:
    """Damage a model's file: no crash, no hang, and a sentence."""
    name = next(iter(CATALOG))
    whole = litert_file(resolve(name), ModelCache(), lambda label, done, total: None).read_bytes()
    path = trial.folder / "damaged.tflite"
    chance = trial.random
    for number in range(trial.count(8, 100)):
        content = bytearray(whole)
        kind = ("cut", "zeros", "flips at the front", "noise")[number % 4]
        at = chance.randrange(len(content))
        if kind == "cut":
            del content[at:]
        elif kind == "zeros":
            content[at : at + 4096] = bytes(len(content[at : at + 4096]))
        elif kind == "noise":
            length = len(content[at : at + 64])
            content[at : at + 64] = chance.randbytes(length)
        else:
            for _ in range(8):
                content[chance.randrange(20_000)] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        finished = run_livepose(
            *("--demo", "--no-show", "--max-frames", "2", "--model", path), cwd=trial.folder
        )
        outcome.add(f"{kind} from byte {at}", failure=finished.misbehaviour(0, 1, 2))
