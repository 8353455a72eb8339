"""Run the instructions of a Dockerfile one by one in a bare folder, without a container engine.

    python scripts/run_dockerfile.py FOLDER [--build-arg NAME=VALUE] [--mount SOURCE:TARGET]

FOLDER must not exist yet: it stands for the image's root. FROM becomes a new virtual environment;
the absolute paths that the Dockerfile itself names (WORKDIR, ENV, RUN mkdir) are those below
FOLDER, also in commands. Nothing of the environment is passed on but where pip finds packages. USER
is obeyed if the script runs as root, whose Python that user must be able to read: --python. At the
end the command runs until the HEALTHCHECK has passed, and is ended by SIGTERM as an engine does it;
the exit code is 0 if all of that went well. It is not a container: commands see the whole machine.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

CONTEXT = Path(__file__).resolve().parents[1]
KEPT_VARIABLES = re.compile(r"(PIP_|SSL_|REQUESTS_|https?_proxy|no_proxy)", re.IGNORECASE)
HEALTHY_LIMIT_S, STOP_LIMIT_S, HEALTH_EVERY_S = 90.0, 20.0, 1.0
PAGE_LIMIT_S = 10.0
_ADDRESS = re.compile(r"http://[^/\s]+:(\d+)/\?token=([\w.~-]+)")
_CONTINUED = re.compile(r"\\\s*\n")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of a Dockerfile."""

    word: str
    """In capital letters, such as RUN."""
    rest: str

    @property
    def arguments(self) -> list[str] | None:
        """The words of the form `["one", "two"]`; None if it has another form."""
        with suppress(ValueError):
            words = json.loads(self.rest)
            if isinstance(words, list):
                return [str(word) for word in words]
        return None


def parse(text: str) -> list[Instruction]:
    """Return the instructions of a Dockerfile, without comments and continued lines.

    >>> parse("# a comment\\nFROM x\\nRUN one \\\\\\n    two")[1]
    Instruction(word='RUN', rest='one     two')
    """
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = _CONTINUED.sub("", "\n".join(lines))
    found = []
    for line in filter(str.strip, joined.splitlines()):
        word, _, rest = line.strip().partition(" ")
        found.append(Instruction(word.upper(), rest.strip()))
    return found


@dataclass(slots=True)
class Image:
    """The state that instructions change."""

    root: Path
    """The folder that stands for /."""
    build_args: Mapping[str, str]
    python: str = sys.executable
    """What FROM stands for."""
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    """The current folder, as the Dockerfile names it."""
    user: tuple[int, int] | None = None
    """Numbers of the user and the group; None for whoever runs the script."""
    paths: set[str] = field(default_factory=set)
    """Absolute paths of the image, which are below `root`."""
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health_check: str = ""

    def place(self, path: str) -> Path:
        """Return where a path of the image is."""
        return self.root / os.path.normpath(os.path.join(self.folder, path)).lstrip("/")  # noqa: PTH118

    def located(self, text: str) -> str:
        """Return a command or a value in which paths of the image are those below `root`."""
        if not self.paths:
            return text
        names = "|".join(re.escape(path) for path in sorted(self.paths, key=len, reverse=True))
        return re.sub(rf"(?<![\w./-])({names})(?![\w.-])", rf"{self.root}\1", text)

    def substituted(self, text: str) -> str:
        """Return a text with the values of its variables, as engines put them in."""
        values = self.environment
        return _VARIABLE.sub(lambda match: values.get(match[1] or match[2], ""), text)

    def variables(self) -> dict[str, str]:
        """Return the environment of a command."""
        kept = {name: each for name, each in os.environ.items() if KEPT_VARIABLES.match(name)}
        programs = [str(self.root / "python" / "bin"), "/usr/local/bin", "/usr/bin", "/bin"]
        ours = {name: self.located(each) for name, each in self.environment.items()}
        return {"HOME": str(self.root), "PATH": os.pathsep.join(programs), **kept, **ours}

    def start(self, words: Sequence[str], output: IO[str] | None = None) -> subprocess.Popen[str]:
        """Start a command as an engine would; what it says on stderr may go to a file."""
        place = self.place(".")
        place.mkdir(parents=True, exist_ok=True)
        user, group = self.user if self.user is not None and os.geteuid() == 0 else (None, None)
        return subprocess.Popen(
            words,
            cwd=place,
            env=self.variables(),
            stdin=subprocess.DEVNULL,
            user=user,
            group=group,
            extra_groups=[] if user is not None else None,
            stderr=output,
            text=True,
        )

    def run(self, command: str) -> None:
        """Run a command of the shell, and raise CalledProcessError if it fails."""
        words = ["/bin/sh", "-c", self.located(command)]
        process = self.start(words)
        if process.wait() != 0:
            raise subprocess.CalledProcessError(process.returncode, words)


def from_(image: Image, rest: str) -> None:
    print(f"    (a virtual environment of {image.python} in the place of {rest})", flush=True)
    words = [image.python, "-m", "venv", str(image.root / "python")]
    subprocess.run(words, check=True)


def env(image: Image, rest: str) -> None:
    for word in shlex.split(image.substituted(rest)):
        name, _, value = word.partition("=")
        image.environment[name] = value
        if value.startswith("/"):
            image.paths.add(value)


def arg(image: Image, rest: str) -> None:
    name, _, default = rest.partition("=")
    image.environment[name] = image.build_args.get(name, default)


def workdir(image: Image, rest: str) -> None:
    image.folder = os.path.normpath(os.path.join(image.folder, image.substituted(rest)))  # noqa: PTH118
    image.paths.add(image.folder)
    image.place(".").mkdir(parents=True, exist_ok=True)


def copy(image: Image, rest: str) -> None:
    *sources, target = shlex.split(image.substituted(rest))
    place, ignored = image.place(target), ignored_files(CONTEXT)
    for source in sources:
        path = CONTEXT / source
        if ignored(path):
            raise ValueError(f"COPY {source}: .dockerignore leaves it out")
        if path.is_dir():

            def ignore(folder: str, names: list[str]) -> list[str]:
                return [name for name in names if ignored(Path(folder, name))]

            shutil.copytree(path, place, dirs_exist_ok=True, ignore=ignore)
        else:
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, place / path.name if target.endswith("/") else place)


def ignored_files(context: Path) -> Callable[[Path], bool]:
    """Return a function that says whether .dockerignore leaves a file out, by its last rule."""
    lines = (context / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line.strip() for line in lines if line.strip() and not line.startswith("#")]

    def is_ignored(path: Path) -> bool:
        name = path.relative_to(context).as_posix()
        result = False
        for rule in rules:
            pattern = rule.removeprefix("!").removeprefix("**/")
            parts = name.split("/")
            above = ["/".join(parts[: count + 1]) for count in range(len(parts))]
            compared = parts if "**/" in rule else above
            if any(fnmatch.fnmatchcase(each, pattern) for each in compared):
                result = not rule.startswith("!")
        return result

    return is_ignored


def run(image: Image, rest: str) -> None:
    for path in re.findall(r"mkdir (?:-p )?((?:/\S+ ?)+)", rest):
        image.paths.update(path.split())
    image.run(rest)


def user(image: Image, rest: str) -> None:
    name, _, group = rest.partition(":")
    image.user = (int(name), int(group or name))
    if os.geteuid() != 0:
        print("    (not obeyed: the script does not run as root)")


def volume(image: Image, rest: str) -> None:
    image.place(rest).mkdir(parents=True, exist_ok=True)


def health_check(image: Image, rest: str) -> None:
    image.health_check = rest.partition("CMD")[2].strip()


def no_effect(image: Image, rest: str) -> None:
    print("    (nothing to do here)")


HANDLERS: Mapping[str, Callable[[Image, str], None]] = {
    "FROM": from_,
    "ENV": env,
    "ARG": arg,
    "WORKDIR": workdir,
    "COPY": copy,
    "RUN": run,
    "USER": user,
    "VOLUME": volume,
    "HEALTHCHECK": health_check,
    "EXPOSE": no_effect,
    "LABEL": no_effect,
}


def build(image: Image, instructions: Sequence[Instruction]) -> None:
    """Run all instructions, printing each, and how long it took."""
    for number, each in enumerate(instructions, 1):
        print(f"{number}/{len(instructions)} {each.word} {each.rest}", flush=True)
        started_s = time.monotonic()
        if each.word in ("CMD", "ENTRYPOINT"):
            words = each.arguments
            if words is None:
                raise ValueError(f"{each.word} {each.rest}: only the form of a list is known here")
            if each.word == "CMD":
                image.command = words
            else:
                image.entrypoint = words
        elif each.word in HANDLERS:
            HANDLERS[each.word](image, each.rest)
        else:
            raise ValueError(f"{each.word} is not known here")
        print(f"    {time.monotonic() - started_s:.1f} s", flush=True)


def mount(image: Image, given: str) -> None:
    """Copy a folder to the place where an engine would mount it."""
    source, _, target = given.rpartition(":")
    shutil.copytree(source, image.place(target), dirs_exist_ok=True)
    for path in walk(image.place(target)):
        if image.user is not None and os.geteuid() == 0:
            os.chown(path, *image.user)


def walk(folder: Path) -> Iterator[Path]:
    yield folder
    yield from folder.rglob("*")


def serve(image: Image) -> bool:
    """Run the command until it is healthy, end it, and return whether that went well."""
    words = [*image.entrypoint, *image.command]
    print(f"run {shlex.join(words)}", flush=True)
    program = shutil.which(words[0], path=image.variables()["PATH"]) or words[0]
    log = image.root / "stderr.txt"
    with log.open("w") as output:
        process = image.start([program, *words[1:]], output)
    started_s = time.monotonic()
    try:
        is_healthy = False
        while not is_healthy and time.monotonic() - started_s < HEALTHY_LIMIT_S:
            if process.poll() is not None:
                print(f"the command has ended with code {process.returncode}")
                return False
            time.sleep(HEALTH_EVERY_S)
            with suppress(subprocess.CalledProcessError):
                image.run(f"{image.health_check} 2>/dev/null")
                is_healthy = True
        # The page answers a moment before its address is printed.
        said_by_s = time.monotonic() + PAGE_LIMIT_S
        while not _ADDRESS.search(log.read_text("utf-8")) and time.monotonic() < said_by_s:
            time.sleep(0.1)
        has_page = is_healthy and shows_page(log.read_text("utf-8"))
        passed_s = time.monotonic() - started_s
        print(f"{'healthy' if is_healthy else 'not healthy'} after {passed_s:.1f} s", flush=True)
        process.send_signal(signal.SIGTERM)
        code = process.wait(STOP_LIMIT_S)
        print(f"ended by SIGTERM with code {code}")
        return has_page and code in (0, 128 + signal.SIGTERM)
    finally:
        process.kill()
        print(log.read_text("utf-8"), flush=True)


def shows_page(said: str) -> bool:
    """Return whether the address that the command has named is that of a page, and needs its token.

    Args:
        said: What the command has printed.
    """
    address = _ADDRESS.search(said)
    if address is None:
        print("the command has named no address")
        return False
    url = f"http://127.0.0.1:{address[1]}/"
    # The token is exchanged for a cookie.
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(f"{url}?token={address[2]}", timeout=PAGE_LIMIT_S) as answer:
        is_page = b"<html" in answer.read()
    try:
        with urllib.request.urlopen(url, timeout=PAGE_LIMIT_S):
            is_open = True
    except urllib.error.HTTPError as error:
        is_open = error.code != 401
    without = "the same" if is_open else "401"
    print(f"with the token: {'a page' if is_page else 'no page'}; without it: {without}")
    return is_page and not is_open


def main(words: Sequence[str]) -> int:
    """Build, run, and return the exit code."""
    parser = argparse.ArgumentParser(description="Run a Dockerfile in a bare folder.")
    parser.add_argument("folder", type=Path, help="stands for the image's root; must not exist")
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--mount", action="append", default=[], metavar="SOURCE:TARGET")
    parser.add_argument("--python", default=sys.executable, help="what FROM stands for")
    given = parser.parse_args(words)
    given.folder.mkdir(parents=True)
    build_args = dict(each.split("=", 1) for each in given.build_arg)
    image = Image(given.folder.resolve(), build_args, given.python)
    try:
        build(image, parse((CONTEXT / "Dockerfile").read_text("utf-8")))
    except (subprocess.CalledProcessError, ValueError, OSError) as error:
        print(f"failed: {error}")
        return 1
    for each in given.mount:
        mount(image, each)
    return 0 if serve(image) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
