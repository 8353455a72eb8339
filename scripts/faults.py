"""Try livepose hard: kill it, fill its disk, damage its files, load its machine, and count.

    python scripts/faults.py [SECTION ...] [--full] [--count N] [--seed N] [--write]

Prints a table of what was tried, failed (a crash, a hang, a traceback, a wrong exit code, silence)
and lost (an old file, more of a recording than a second). Without a section, all of them run:
minutes with the small numbers, hours with `--full`. `--write` puts the table into the README. The
sections are the modules in `fault_sections`, whose docstring describes how to add one.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
from pathlib import Path

from fault_sections import SECTIONS
from fault_sections.program import CHECKOUT
from fault_sections.section import Outcome, Trial

_BLOCK = re.compile(r"(?<=<!-- faults -->\n).*(?=<!-- /faults -->)", re.DOTALL)


def main() -> int:
    """Run the sections, print the table, and return 1 if anything failed or was lost."""
    options = _options()
    seed = random.SystemRandom().randrange(10_000) if options.seed is None else options.seed
    print(f"seed {seed}", file=sys.stderr)
    outcomes = []
    for section in SECTIONS:
        if options.sections and section.name not in options.sections:
            continue
        with tempfile.TemporaryDirectory(prefix=f"livepose-{section.name}-") as folder:
            # Seeded by section, so that one alone tries what it tries among all.
            chance = random.Random(f"{seed} {section.name}")
            trial = Trial(chance, Path(folder), options.full, options.count)
            outcomes.append(section.run(trial))
        print(file=sys.stderr)
    text = table(outcomes)
    print(text)
    for outcome in outcomes:
        for problem in outcome.problems:
            print(f"- {outcome.section.name}: {problem}")
    if options.write:
        readme = CHECKOUT / "README.md"
        readme.write_text(_BLOCK.sub(lambda _: f"{text}\n", readme.read_text()))
    return 0 if all(outcome.is_good for outcome in outcomes) else 1


def table(outcomes: list[Outcome]) -> str:
    """Return the outcomes as a Markdown table, with a row for each section and one for all."""
    rows = ["| what | tried | failed | lost | seconds |", "|---|---:|---:|---:|---:|"]
    for outcome in outcomes:
        what = [f"**{outcome.section.name}**: {outcome.section.description}", *outcome.notes]
        if outcome.skipped:
            what.append(f"skipped: {outcome.skipped}")
        rows.append(_row("; ".join(what), outcome.tried, outcome.failed, outcome.lost, outcome))
    total = [sum(getattr(o, name) for o in outcomes) for name in ("tried", "failed", "lost")]
    seconds = sum(outcome.seconds for outcome in outcomes)
    rows.append(f"| together | {' | '.join(map(str, total))} | {seconds:.0f} |")
    return "\n".join(rows)


def _row(what: str, tried: int, failed: int, lost: int, outcome: Outcome) -> str:
    return f"| {what} | {tried} | {failed} | {lost} | {outcome.seconds:.0f} |"


def _options() -> argparse.Namespace:
    names = [section.name for section in SECTIONS]
    parser = argparse.ArgumentParser(description="Try livepose hard, and count what goes wrong.")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(names))
    parser.add_argument("--full", action="store_true", help="the large numbers, for hours")
    parser.add_argument("--count", type=int, help="so many cases in each section")
    parser.add_argument("--seed", type=int, help="try the same cases again")
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    options = parser.parse_args()
    unknown = set(options.sections) - set(names)
    if unknown:
        parser.error(f"there is no section {', '.join(sorted(unknown))}: {', '.join(names)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
