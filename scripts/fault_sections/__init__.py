"""What `scripts/faults.py` tries: one module for each section.

To add a section, write a module with

    def run(trial: Trial, outcome: Outcome) -> None:

and add a row to `SECTIONS`. `run` takes its numbers from `trial.count(small, full)`, its randomness
from `trial.random`, and its files from `trial.folder`, an empty folder that is removed afterwards.
For each case it calls `outcome.add(case, failure=..., loss=...)`: `failure` is a sentence if the
program misbehaved (a crash, a hang, a traceback, a wrong exit code, nothing said), `loss` one if
something was lost (an old file, more of a recording than the limit). If the machine cannot do it,
`outcome.skip(reason)`. What is worth knowing beside the counts, such as the worst value that was
seen, goes into `outcome.note(text)`. `program.py` runs livepose and describes misbehaviour.
"""

from __future__ import annotations

from fault_sections.section import Section

SECTIONS = (
    Section("kills", "conversions and recordings killed at random moments"),
    Section("disks", "video, data and images written to a disk that becomes full"),
    Section("damage", "damaged videos of every container and codec"),
    Section("poses", "damaged recordings (.jsonl)"),
    Section("models", "damaged and malicious models"),
    Section("options", "command lines of random options and values"),
    Section("streams", "breaks of network cameras (a stand-in on the loopback)"),
    Section("signals", "one to three signals at random moments"),
    Section("schedules", "random schedules of threads over channel and pipelines"),
    Section("sockets", "attacks on the WebSocket server"),
    Section("load", "lag with busy cores, 240 frames/s, 4K, a slow display; 4K in a window"),
    Section("soak", "an hour (small: a minute) headless and in a window: all stays flat"),
)
"""In the order in which they run. Each is the module of that name in this package."""
