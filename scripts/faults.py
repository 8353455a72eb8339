"""Try livepose hard: kill it, fill its disk, damage its files, load its machine, and count.

    python scripts/faults.py [SECTION ...] [--full] [--count N] [--seed N] [--write]

Prints a table of what was tried, failed (a crash, a hang, a traceback, a wrong exit code, silence)
and lost (an old file, more of a recording than a second). Without a section, all of them run:
minutes with the small numbers, hours with `--full`. `--write` puts the table into the README, where
the rows of sections that did not run stay as they are. The sections are the modules in
`fault_sections`, whose docstring describes how to add one.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from fault_sections import SECTIONS
from fault_sections.program import CHECKOUT
from fault_sections.section import Outcome, Trial

_ROW = re.compile(r"^\| \*\*(\w+)\*\*.*\|$", re.MULTILINE)
_NUMBER = re.compile(r"(?<=\| )\d+(?= \|)")
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
    rows = rows_of(outcomes)
    print(table(rows))
    for outcome in outcomes:
        for problem in outcome.problems:
            print(f"- {outcome.section.name}: {problem}")
    if options.write:
        readme = CHECKOUT / "README.md"
        text = readme.read_text(encoding="utf-8")
        text = _BLOCK.sub(lambda before: f"{table(rows_in(before[0]) | rows)}\n", text)
        readme.write_text(text, encoding="utf-8")
    return 0 if all(outcome.is_good for outcome in outcomes) else 1


def rows_of(outcomes: Iterable[Outcome]) -> dict[str, str]:
    """Return a Markdown row for each outcome, by the name of its section."""
    rows = {}
    for outcome in outcomes:
        what = [f"**{outcome.section.name}**: {outcome.section.description}", *outcome.notes]
        if outcome.skipped:
            what.append(f"skipped: {outcome.skipped}")
        counts = (outcome.tried, outcome.failed, outcome.lost, round(outcome.seconds))
        rows[outcome.section.name] = _row("; ".join(what), counts)
    return rows


def rows_in(text: str) -> dict[str, str]:
    """Return the rows of a table that was printed before, by the name of the section."""
    return {match[1]: match[0] for match in _ROW.finditer(text)}


def table(rows: Mapping[str, str]) -> str:
    """Return a Markdown table with the rows of all sections, and a row that adds them up."""
    counts = [[int(number) for number in _NUMBER.findall(row)] for row in rows.values()]
    names = [section.name for section in SECTIONS if section.name in rows]
    names += [name for name in rows if name not in names]
    lines = ["| what | tried | failed | lost | seconds |", "|---|---:|---:|---:|---:|"]
    lines += [rows[name] for name in names]
    lines.append(_row("together", [sum(column) for column in zip(*counts, strict=True)]))
    return "\n".join(lines)


def _row(what: str, counts: Sequence[int]) -> str:
    return f"| {what} | {' | '.join(map(str, counts))} |"


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
