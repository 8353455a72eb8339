"""Compare livepose with other ways to write a pose into a video, side by side.

    python scripts/bench_peers.py [--clip CLIP] [--sizes clip 720p 1080p people] [--runs N]
        [--frames N] [--only NAME ...] [--venvs DIR] [--write]

Each peer (`scripts/peers`) runs in a venv of its own, made once, and in turn with the others.
Frames a second and CPU time leave the start and the first 30 frames out; the peers time themselves.
Who cannot be had on this machine is skipped and named. `--write` puts the table into the README.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.clips import SIZES_PX, label, sized
from bench.measure import Measured, command_of, measure
from bench.roster import CHECKOUT, PEERS, Peer
from bench.table import Runs, machine, replace_block, table
from bench.venvs import Unavailable, python_of, versions

CACHE = Path(tempfile.gettempdir()) / "livepose-bench"


def main() -> None:
    """Measure, and print the table."""
    options = _options()
    peers = [peer for peer in PEERS if not options.only or peer.name in options.only]
    skipped: dict[str, str] = {}
    commands, found = _prepare(peers, options, skipped)
    clips = {size: sized(options.clip, size, CACHE / "clips") for size in options.sizes}
    runs: Runs = {}
    for size, clip in clips.items():
        for _ in range(options.runs):
            _round(commands, size, clip, runs, skipped)
    measured = [peer for peer in peers if any((peer.name, size) in runs for size in clips)]
    if not measured:
        raise SystemExit("\n".join(["nothing could be measured", *_reasons(skipped)]))
    text = table(measured, {size: label(size, clip) for size, clip in clips.items()}, runs)
    text = "\n".join([text, machine(found), *(f"\n{line}" for line in _reasons(skipped))]) + "\n"
    print(f"\n{text}", end="")
    if options.write:
        replace_block(CHECKOUT / "README.md", text)


def _options() -> argparse.Namespace:
    shared_clip = CHECKOUT.parent / "shared" / "clips" / "dance.mp4"
    parser = argparse.ArgumentParser(description="livepose beside its peers")
    parser.add_argument("--clip", type=Path, default=shared_clip)
    parser.add_argument("--sizes", nargs="+", choices=SIZES_PX, default=list(SIZES_PX))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--frames", type=int, help="stop each run after so many frames")
    parser.add_argument("--only", nargs="+", choices=[peer.name for peer in PEERS])
    parser.add_argument("--venvs", type=Path, default=CACHE / "venvs")
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    options = parser.parse_args()
    if not options.clip.is_file():
        parser.error(f"there is no clip at {options.clip}")
    return options


def _prepare(
    peers: list[Peer], options: argparse.Namespace, skipped: dict[str, str]
) -> tuple[dict[Peer, list[str]], dict[str, set[str]]]:
    """Make the venvs: how each peer is called, and which versions there are."""
    commands: dict[Peer, list[str]] = {}
    found: dict[str, set[str]] = {}
    for peer in peers:
        try:
            model = _litert_file() if peer.needs_model else ""
            python = python_of(peer, options.venvs)
            commands[peer] = command_of(peer, python, model, options.frames)
            for name, version in versions(python).items():
                found.setdefault(name, set()).add(version)
        except Unavailable as error:
            skipped[peer.name] = str(error)
    return commands, found


def _round(
    commands: dict[Peer, list[str]],
    size: str,
    clip: Path,
    runs: Runs,
    skipped: dict[str, str],
) -> None:
    """Let every peer that still takes part run once."""
    for peer, command in list(commands.items()):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder, "out.mp4")
            try:
                run = measure([*command, str(clip), str(out)], out)
            except Unavailable as error:
                skipped[peer.name] = f"{size}: {error}"
                del commands[peer]
                continue
        runs.setdefault((peer.name, size), []).append(run)
        _tell(peer, size, run)


def _tell(peer: Peer, size: str, run: Measured) -> None:
    print(
        f"{size:<6} {peer.name:<18} {run.frames_per_second:7.1f} frames/s {run.cpu_ms:7.1f} CPU ms"
        f" {run.size_mb:7.2f} MB {run.mbit_per_second:6.2f} Mbit/s {run.whole_s:7.2f} s in all",
        flush=True,
    )


def _litert_file() -> str:
    """Ask livepose for Lightning's file; it is fetched when it is not here yet."""
    command = [sys.executable, "-m", "livepose", "models", "get", "lightning"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable(f"no LiteRT file: {done.stderr.strip()}")
    return done.stdout.strip()


def _reasons(skipped: dict[str, str]) -> list[str]:
    return [f"Skipped: {name} ({reason})." for name, reason in skipped.items()]


if __name__ == "__main__":
    main()
