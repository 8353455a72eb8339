"""`livepose doctor`: the machine in one screen, and what to do about what is missing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from livepose.cli.arguments import command
from livepose.cli.execute import FAILURE
from livepose.cli.terminal import data_console, print_note
from livepose.session.option_fields import option

if TYPE_CHECKING:
    from livepose.bench.doctor import Check


@dataclass(frozen=True, slots=True)
class DoctorOptions:
    """How the checks are printed."""

    as_json: bool = option(False, "Print the checks as JSON.", flag="--json")


def _doctor(options: DoctorOptions) -> int:
    """Check this machine: packages, display, cameras, encoders, models, runtimes, disk.

    For each problem it prints the command that fixes it. Nothing is downloaded or changed,
    and what it prints has no names of people or home folders in it. The exit code is 0 if
    everything that livepose needs works, even without a camera or a display.
    """
    from livepose.bench.doctor import examine, works

    print_note("checking this machine, which takes about 20 s", "dim")
    checks = list(examine())
    is_working = works(checks)
    if options.as_json:
        report = {"works": is_working, "checks": [asdict(check) for check in checks]}
        data_console().print(json.dumps(report, indent=2))
    else:
        print_checks(checks)
        if is_working:
            data_console().print("everything that livepose needs works")
    return 0 if is_working else FAILURE


def print_checks(checks: Sequence[Check]) -> None:
    """Print the checks by topic, and then what is wrong, each with the command that mends it."""
    width = max(len(check.name) for check in checks)
    for topic in dict.fromkeys(check.topic for check in checks):
        data_console().print(topic)
        for check in checks:
            if check.topic == topic:
                mark = " " if check.is_good else "!"
                data_console().print(f" {mark} {check.name:<{width}}  {check.value}".rstrip())
    troubles = [check for check in checks if not check.is_good]
    for check in sorted(troubles, key=lambda each: not each.is_needed):
        weight = "" if check.is_needed else "optional: "
        data_console().print(f"! {weight}{check.trouble}\n    {check.cure}")


doctor_command = command(DoctorOptions, _doctor)
