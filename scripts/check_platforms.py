"""Resolve livepose's dependencies for each system and Python version that pyproject.toml names.

    python scripts/check_platforms.py [EXTRA ...]

uv resolves them from the configured package index, from wheels alone and for one combination at a
time: only metadata is downloaded, nothing is installed. Without arguments livepose itself and every
extra are resolved. The table says which Python versions resolve; below it stands the reason for
each combination that does not. The exit code is 1 if one of the combinations that pyproject.toml
promises does not resolve: its classifiers name the Python versions and the systems.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
BASE = "livepose"
"""The row of livepose itself, without extras."""
RESOLVERS = 4
"""How many run at once; they wait for the package index most of the time."""


@dataclass(frozen=True, slots=True)
class System:
    """A system that wheels are built for."""

    title: str
    platform: str
    """uv's name for it; for Linux it holds the glibc version."""
    classifier: str
    macos_version: str = ""

    def environment(self) -> dict[str, str]:
        """Return the environment variables with which uv is run."""
        macos = {"MACOSX_DEPLOYMENT_TARGET": self.macos_version} if self.macos_version else {}
        return {**os.environ, **macos}


SYSTEMS = (
    System("Linux x86-64", "x86_64-manylinux_2_28", "POSIX :: Linux"),
    # OpenVINO's wheels for it are built on Ubuntu 22.04.
    System("Linux ARM64", "aarch64-manylinux_2_35", "POSIX :: Linux"),
    System("Windows x64", "x86_64-pc-windows-msvc", "Microsoft :: Windows"),
    System("macOS 14 ARM64", "aarch64-apple-darwin", "MacOS", "14.0"),
)


@dataclass(frozen=True, slots=True)
class Target:
    """A combination to resolve for."""

    system: System
    python: str


def main(arguments: Sequence[str]) -> int:
    """Print the table and the reasons, and return the exit code."""
    if shutil.which("uv") is None:
        print("uv is needed: pip install uv", file=sys.stderr)
        return 2
    text = PROJECT.read_text(encoding="utf-8")
    known = extras_of(text)
    if unknown := [name for name in arguments if name not in known]:
        print(f"there is no extra {', '.join(unknown)}; {', '.join(known)}", file=sys.stderr)
        return 2
    extras = list(arguments) or known
    targets = [
        Target(system, python)
        for system in SYSTEMS
        if f'"Operating System :: {system.classifier}"' in text
        for python in pythons_of(text)
    ]
    with ThreadPoolExecutor(RESOLVERS) as pool:
        problems = list(pool.map(lambda target: problems_of(target, extras), targets))
    print_table([BASE, *extras], targets, problems)
    return 1 if any(problems) else 0


def pythons_of(project: str) -> list[str]:
    """Return the minor versions of Python that the classifiers name, such as "3.12"."""
    return re.findall(r'"Programming Language :: Python :: (3\.\d+)"', project)


def extras_of(project: str) -> list[str]:
    """Return the names of the extras."""
    section = re.search(r"^\[project\.optional-dependencies\]\n(.*?)^\[", project, re.S | re.M)
    return re.findall(r"^([\w-]+) = \[", section[1], re.M) if section else []


def problems_of(target: Target, extras: Sequence[str]) -> dict[str, str]:
    """Return why livepose or an extra does not resolve; nothing if all of them do."""
    # What resolves together resolves in parts too, and that is the usual case.
    if not reason_of_failure(target, extras):
        return {}
    reasons = {BASE: reason_of_failure(target, ())}
    reasons |= {extra: reason_of_failure(target, (extra,)) for extra in extras}
    return {name: reason for name, reason in reasons.items() if reason}


def reason_of_failure(target: Target, extras: Iterable[str]) -> str:
    """Resolve for one combination. Return why that is impossible, or "" if it is possible."""
    command = ["uv", "pip", "compile", str(PROJECT), "--quiet", "--no-header", "--no-annotate"]
    command += ["--only-binary", ":all:", "--python-version", target.python]
    command += ["--python-platform", target.system.platform]
    command += [part for extra in extras for part in ("--extra", extra)]
    done = subprocess.run(
        command, capture_output=True, text=True, env=target.system.environment(), check=False
    )
    return "" if done.returncode == 0 else one_line(done.stderr)


def one_line(message: str) -> str:
    """Return uv's reason without its hints, on one line."""
    reason = message.partition("hint:")[0].partition("cause:")[2] or message
    return " ".join(reason.split())


def print_table(
    names: Sequence[str], targets: Sequence[Target], problems: Sequence[dict[str, str]]
) -> None:
    """Print a Markdown table of the Python versions that resolve, and the reasons below it."""
    systems = list(dict.fromkeys(target.system for target in targets))
    print("| " + " | ".join(["", *(system.title for system in systems)]) + " |")
    print("|---" * (len(systems) + 1) + "|")
    for name in names:
        cells = []
        for system in systems:
            pythons = [t.python for t in targets if t.system is system]
            failed = {
                t.python
                for t, found in zip(targets, problems, strict=True)
                if t.system is system and name in found
            }
            cells.append(versions_text([python for python in pythons if python not in failed]))
        print("| " + " | ".join([f"`{name}`", *cells]) + " |")
    for target, found in zip(targets, problems, strict=True):
        for name, reason in found.items():
            print(f"{name} on {target.system.title}, Python {target.python}: {reason}")


def versions_text(pythons: Sequence[str]) -> str:
    """Return "3.10 to 3.13" for versions that follow one another, else all of them."""
    minors = [int(python.partition(".")[2]) for python in pythons]
    if len(minors) > 2 and minors == list(range(minors[0], minors[-1] + 1)):
        return f"{pythons[0]} to {pythons[-1]}"
    return ", ".join(pythons) or "none"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
