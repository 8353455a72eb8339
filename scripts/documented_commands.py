"""Run every `livepose ...` command of the README and docs/, in an environment of its own.

    python scripts/documented_commands.py

makes the environment with the README's own install line (without its first line, which is for the
system's packages), and runs the commands there, one after the other, in a folder with the files
that they name. A display is needed: without one, `xvfb-run` provides it. The tests run the same
commands, but for the benchmark, in their own environment.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
LIMIT_S = 300.0
_BOUNDARY = "frame"
_FENCE = re.compile(r"^```(?:sh|bash|console)?\n(.*?)^```", re.S | re.M)
_INLINE = re.compile(r"`(livepose [^`\n]+)`")
_IS_PATTERN = re.compile(r"\[|\.\.\.|\b[A-Z]+\b")
"""A pattern of commands, and no command."""
_NAMES = (
    "livepose render",
    "livepose compare",
    "livepose edit",
    "livepose batch",
    "livepose bench",
    "livepose doctor",
    "livepose models",
)
"""In a sentence, these name a command."""
_CAMERA = re.compile(r"^(livepose )(0|rtsp://\S+)(?=\s|$)")
_PHONE = re.compile(r"(--camera )phone(?=\s|$)")
_STAYS_OPEN = re.compile(r"^livepose \S+\.mp4( --web \S+)?$")
"""In a window or on a page, on the last frame."""
_ENDLESS = re.compile(r"^livepose (http://|--camera http://|--demo$)|--send")

MAKE_FILES = """
import sys
import cv2
from livepose.sources import open_source
with open_source("clip.mp4") as source:
    for frame in source:
        if frame.index < 10:
            assert cv2.imwrite(f"frames/img_{frame.index:04d}.png", frame.bgr)
        if frame.index == 10:
            assert cv2.imwrite("photo.jpg", frame.bgr)
"""


@dataclass(frozen=True, slots=True)
class Command:
    """A command line of a page."""

    page: str
    line: str

    def to_run(self, camera_url: str) -> str:
        """Return the line as it can be run anywhere.

        The addresses and numbers of cameras become that of a camera that is there, and what would
        go on until somebody ends it stops after some frames, or at the end.
        """
        line = _CAMERA.sub(rf"\g<1>{camera_url}", self.line)
        line = _PHONE.sub(rf"\g<1>{camera_url}", line)
        if _ENDLESS.search(line):
            line += " --max-frames 8"
        if _STAYS_OPEN.search(line):
            line += " --end 1 --no-keep-open"
        if line == "livepose bench":
            line += " --runs 1 --video clip.mp4"
        return line


def documented_commands() -> list[Command]:
    """Return the commands in the order of the pages, each once."""
    commands: dict[str, Command] = {}
    for page in (CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))):
        text = page.read_text("utf-8")
        fenced = [line for block in _FENCE.findall(text) for line in block.splitlines()]
        lines = [line.partition("  #")[0].strip() for line in fenced]
        lines += [line for line in _INLINE.findall(text) if line not in _NAMES]
        for line in lines:
            if line.startswith("livepose ") and not _IS_PATTERN.search(line):
                commands.setdefault(line, Command(page.relative_to(CHECKOUT).as_posix(), line))
    return list(commands.values())


def make_files(folder: Path, environment: Mapping[str, str]) -> None:
    """Make the files that the commands name, with the livepose that is first on the PATH."""
    (folder / "frames").mkdir(parents=True)
    for words in ("-o clip.mp4", "--scene bends -o squats.mp4"):
        demo = f"livepose --demo --size 320x240 --fps 15 --max-frames 120 {words}"  # for 8 s
        subprocess.run(demo, shell=True, check=True, cwd=folder, env=environment)
    (folder / "films").mkdir()
    for name in ("one.mp4", "two.mp4", "dance.mp4", "films/one.mp4"):
        shutil.copy(folder / "clip.mp4", folder / name)
    python = shutil.which("python", path=environment["PATH"]) or sys.executable
    subprocess.run([python, "-c", MAKE_FILES], check=True, cwd=folder, env=environment)


def run_command(
    command: Command, folder: Path, camera_url: str, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command in a shell."""
    return subprocess.run(
        f"set -o pipefail; {command.to_run(camera_url)}",
        shell=True,
        executable=shutil.which("bash"),
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )


@contextmanager
def loopback_camera(image: Path) -> Iterator[str]:
    """Serve an image over and over, as an MJPEG camera does, and yield its address."""
    jpeg = image.read_bytes()

    class Camera(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            kind = f"multipart/x-mixed-replace; boundary={_BOUNDARY}"
            self.send_header("Content-Type", kind)
            self.end_headers()
            head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n"
            try:
                while True:
                    self.wfile.write(f"{head}\r\n".encode() + jpeg + b"\r\n")
                    time.sleep(1 / 30)
            except OSError:
                return  # the client has what it wanted

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Camera)  # one client at a time
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/camera.mjpg"
    finally:
        server.shutdown()
        server.server_close()


def make_environment(folder: Path) -> Path:
    """Make an environment with the README's install line, and return its folder of programs."""
    readme = (CHECKOUT / "README.md").read_text("utf-8")
    block = re.search(r"<!-- install command -->\n```sh\n(.*?)```", readme, re.S)
    assert block, "the README has no install command"
    line = block[1].splitlines()[-1]
    copy = folder / "livepose"
    shutil.copytree(CHECKOUT, copy, ignore=shutil.ignore_patterns(".git", ".venv", ".*_cache"))
    subprocess.run(line, shell=True, check=True, cwd=copy)
    return copy / ".venv" / "bin"


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        programs = make_environment(Path(name))
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        environment["PATH"] = f"{programs}{os.pathsep}{environment['PATH']}"
        folder = Path(name, "work")
        make_files(folder, environment)
        failures = 0
        with loopback_camera(folder / "photo.jpg") as camera_url:
            for command in documented_commands():
                done = run_command(command, folder, camera_url, environment)
                failures += done.returncode != 0
                print("ok    " if done.returncode == 0 else "FAILED", command.page, command.line)
                if done.returncode:
                    print(done.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
