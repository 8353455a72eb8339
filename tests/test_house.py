"""The house: who may import whom, who owns each dangerous thing, and how docstrings begin.

Banned names that one module owns, and `print`, are ruff's: see `pyproject.toml`. Here is what
can be seen only in the syntax trees of all modules. Each rule is a function that returns
violations, so that it can be tried on a module that breaks it.
"""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache

import pytest

from tests.support.paths import CHECKOUT

ROOMS = (
    "analysis", "draw", "export", "models", "motion", "pipeline", "send", "sinks", "sources",
)  # fmt: skip
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "_version": (),
    "core": (),
    "system": ("core",),
    **{room: ("core", "system", "_version") for room in ROOMS},
    "session": ("core", "system", "_version", *ROOMS),
    "bench": ("core", "system", "_version", *ROOMS, "session"),
    "batch": ("core", "system", "_version", *ROOMS, "session"),
    "web": ("core", "system", "_version", *ROOMS, "session"),
    "cli": ("core", "system", "_version", *ROOMS, "session", "web", "batch", "bench"),
    "__main__": ("cli",),
    "__init__": ("core", *ROOMS, "_version"),
}
MAX_LOOSE_MODULES = 6
OWNERS = {
    "threading": (
        "pipeline/",
        "send/",
        "sources/packet_queue",
        "sources/stream_reader",
        "web/",
    ),
    "multiprocessing": ("batch/",),
    "ray": ("batch/",),
    "tensorflow": ("models/",),
    "tensorflow_hub": ("models/",),
    "ai_edge_litert": ("models/runtimes/", "models/convert/"),
    "openvino": ("models/runtimes/",),
}
OTHER_VERBS = ("Give", "Gives", "Say", "Says", "Tell", "Tells")
"""How no docstring begins: as everywhere, it is "Return ..." or "Return whether ..."."""

Modules = Mapping[str, ast.Module]
"""Syntax trees by the module's path in the package, without its suffix."""


@cache
def modules_in(folder: str) -> Modules:
    root = CHECKOUT / folder
    return {
        path.relative_to(root).as_posix().removesuffix(".py"): ast.parse(path.read_text("utf-8"))
        for path in sorted(root.rglob("*.py"))
    }


@pytest.fixture(scope="module")
def house() -> Modules:
    return modules_in("livepose")


def house_of(sources: Mapping[str, str]) -> Modules:
    """Return the modules of a made-up house, of their sources."""
    return {name: ast.parse(source) for name, source in sources.items()}


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield what a module imports, as dotted names: of `from x import y` both x and x.y."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports hide who is imported"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_modules(modules: Modules, name: str) -> set[str]:
    """Return which other modules of the house a module imports."""
    found: set[str] = set()
    wanted: list[tuple[str, ...]]
    for node in ast.walk(modules[name]):
        if isinstance(node, ast.Import):
            wanted = [(alias.name,) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            # Of `from x import y`, y is a module, or a name in x.
            wanted = [(f"{node.module}.{alias.name}", str(node.module)) for alias in node.names]
        else:
            continue
        for candidates in wanted:
            paths = [dotted.split(".")[1:] for dotted in candidates if is_ours(dotted)]
            places = ["/".join(path) for parts in paths for path in (parts, [*parts, "__init__"])]
            found |= set([place for place in places if place in modules][:1])
    return found - {name}


def is_ours(dotted: str) -> bool:
    return dotted.split(".")[0] == "livepose"


def room_of(name: str) -> str:
    return name.split("/")[0]


def forbidden_imports(modules: Modules) -> list[str]:
    return [
        f"{name} imports {other}"
        for name in modules
        for other in sorted(imported_modules(modules, name))
        if room_of(other) not in (room_of(name), *MAY_IMPORT.get(room_of(name), ()))
    ]


def circle(modules: Modules) -> list[str]:
    """Return modules that import each other in a circle; empty if there are none."""
    arrows = {name: imported_modules(modules, name) for name in modules}
    try:
        graphlib.TopologicalSorter(arrows).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def foreign_packages_in_core(modules: Modules) -> list[str]:
    # Pixels are handled by cv2, at a tenth of NumPy's cost, and notebooks get them encoded. Poses
    # make a table with pandas.
    allowed = {
        "core/pixels": {"cv2"},
        "core/notebook": {"cv2"},
        "core/poses": {"pandas"},
    }
    return [
        f"{name} imports {package}"
        for name, tree in modules.items()
        if room_of(name) == "core"
        for package in sorted({dotted.split(".")[0] for dotted in imported(tree)})
        if package not in {"livepose", "numpy", *sys.stdlib_module_names, *allowed.get(name, ())}
    ]


def wrong_owners(modules: Modules) -> list[str]:
    """Return who uses a dangerous package without being its owner."""
    return [
        f"{name} imports {package}"
        for name, tree in modules.items()
        for package in sorted({dotted.split(".")[0] for dotted in imported(tree)} & OWNERS.keys())
        if not name.startswith(OWNERS[package])
    ]


def wrong_users_of_av(modules: Modules) -> list[str]:
    return [
        name
        for name, tree in modules.items()
        if "livepose.system.pyav" in set(imported(tree))
        and room_of(name) not in {"sources", "sinks", "system"}
    ]


def loose_modules(modules: Modules) -> list[str]:
    return [name for name in modules if "/" not in name]


@cache
def docstrings(tree: ast.AST) -> list[tuple[int, str]]:
    """Return the line and the text of each docstring."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            text = ast.get_docstring(node)
            if text:
                found.append((node.body[0].lineno, text))
    return found


def odd_docstrings(modules: Modules) -> list[str]:
    return [
        f"{name}:{line} begins with {first}"
        for name, tree in modules.items()
        for line, text in docstrings(tree)
        if (first := re.split(r"\W", text, maxsplit=1)[0]) in OTHER_VERBS
    ]


def lower_case_entries(modules: Modules) -> list[str]:
    """Return the arguments whose description begins with a small letter in their docstring."""
    faults = []
    for name, tree in modules.items():
        for _, text in docstrings(tree):
            # The entries are indented by four spaces, and what continues them by more.
            for section in re.findall(r"^Args:\n((?: {4}.*(?:\n|$)|\n)+)", text, re.MULTILINE):
                entries = re.findall(r"^ {4}(\*{0,2}\w+): +(\S)", section, re.MULTILINE)
                faults += [f"{name}: {entry}" for entry, first in entries if first.islower()]
    return faults


def test_every_room_has_its_place(house: Modules) -> None:
    assert {room_of(name) for name in house} == set(MAY_IMPORT)


def test_a_module_imports_only_what_its_room_may_know(house: Modules) -> None:
    assert forbidden_imports(house) == []


@pytest.mark.parametrize(
    ("name", "imports"),
    [
        ("core/poses", "from livepose.system import files"),
        ("core/poses", "import livepose.draw.canvas"),
        ("system/files", "from livepose.session.options import Options"),
        ("draw/hud", "from livepose.sinks.window import Window"),
        ("motion/crop", "def late():\n    from livepose.models import load_model"),
        ("session/run", "from livepose.cli.terminal import print_note"),
        ("bench/stages", "from livepose.cli.terminal import print_note"),
        ("draw/hud", "from livepose import Poses"),
    ],
)
def test_an_import_of_a_room_beside_or_above_is_found(name: str, imports: str) -> None:
    others = {
        "__init__": "", "cli/terminal": "", "draw/canvas": "", "models/__init__": "",
        "session/options": "", "sinks/window": "", "system/files": "", "system/__init__": "",
    }  # fmt: skip
    assert forbidden_imports(house_of(others)) == []
    assert len(forbidden_imports(house_of({**others, name: imports}))) == 1


def test_no_modules_import_each_other_in_a_circle(house: Modules) -> None:
    assert circle(house) == []


def test_a_circle_is_found() -> None:
    a = "from livepose.core.b import B"
    b = "def late():\n    from livepose.core.c import C"
    assert circle(house_of({"core/a": a, "core/b": b, "core/c": ""})) == []
    assert circle(house_of({"core/a": a, "core/b": b, "core/c": "import livepose.core.a"}))


def test_core_needs_numpy_alone_but_for_pixels_and_tables(house: Modules) -> None:
    assert foreign_packages_in_core(house) == []


def test_another_package_in_core_is_found() -> None:
    assert foreign_packages_in_core(house_of({"core/pixels": "import cv2, numpy, os.path"})) == []
    assert foreign_packages_in_core(house_of({"core/region": "import cv2"})) == [
        "core/region imports cv2"
    ]


def test_a_dangerous_package_is_used_by_its_owner_only(house: Modules) -> None:
    assert wrong_owners(house) == []


def test_a_package_used_outside_its_owner_is_found() -> None:
    late = "def late():\n    from tensorflow.lite import Interpreter"
    owners = house_of({"models/runtimes/litert": late, "pipeline/live": "import threading"})
    assert wrong_owners(owners) == []
    assert wrong_owners(house_of({"bench/stages": late})) == ["bench/stages imports tensorflow"]
    assert wrong_owners(house_of({"sources/camera": "import threading"})) == [
        "sources/camera imports threading"
    ]


def test_av_is_used_by_sources_sinks_and_system_only_and_imported_behind_cv2(
    house: Modules,
) -> None:
    """The other way round cv2's windows hang on Linux."""
    assert wrong_users_of_av(house) == []
    order = list(imported(house["system/pyav"]))
    assert order.index("cv2") < order.index("av")
    uses_av = "from livepose.system.pyav import av"
    assert wrong_users_of_av(house_of({"sinks/video": uses_av, "export/csv": uses_av})) == [
        "export/csv"
    ]


def wrong_paths(page: str, modules: Modules) -> list[str]:
    """Return what a page says of modules that is not so: their paths, and the names in them."""
    package = CHECKOUT / "livepose"
    faults = [
        f"{name}.py is not named"
        for name in modules
        if not name.endswith("/__init__") and f"`{name}.py`" not in page
    ]
    # A path, and the names that stand in brackets behind it: `draw/hud.py` (`paint_hud`).
    for path, names in re.findall(r"`((?:\w+/)*\w+\.pyi?)`(?: \((`[^)]*`)\))?", page):
        file = (CHECKOUT if path.startswith("tests/") else package) / path
        if not file.is_file():
            faults.append(f"there is no {path}")
            continue
        source = file.read_text("utf-8")
        # Of `BySide.left`, both are looked for.
        for name in re.findall(r"\w+", " ".join(re.findall(r"`([^`]*)`", names))):
            if not re.search(rf"\b{name}\b", source):
                faults.append(f"there is no {name} in {path}")
    return faults


def test_the_architecture_page_names_every_module_and_what_is_in_it(house: Modules) -> None:
    page = (CHECKOUT / "docs" / "architecture.md").read_text("utf-8")
    assert wrong_paths(page, house) == []


def test_a_wrong_path_on_the_architecture_page_is_found(house: Modules) -> None:
    modules = {"draw/hud": house["draw/hud"]}
    assert wrong_paths("`draw/hud.py` (`paint_hud`, `paint_help`)", modules) == []
    assert wrong_paths("`draw/gone.py`, `draw/hud.py` (`gone`)", modules) == [
        "there is no draw/gone.py",
        "there is no gone in draw/hud.py",
    ]
    assert wrong_paths("", modules) == ["draw/hud.py is not named"]


def test_few_modules_lie_loose_at_the_top(house: Modules) -> None:
    assert 0 < len(loose_modules(house)) <= MAX_LOOSE_MODULES


@pytest.mark.parametrize("folder", ["livepose", "tests", "scripts"])
def test_docstrings_begin_with_the_usual_verbs(folder: str) -> None:
    assert odd_docstrings(modules_in(folder)) == []


def test_an_odd_docstring_is_found() -> None:
    source = 'class A:\n    """Say it."""\n\n\ndef b() -> None:\n    """Gives: what it has."""'
    assert odd_docstrings(house_of({"core/a": source})) == [
        "core/a:2 begins with Say",
        "core/a:6 begins with Gives",
    ]
    assert odd_docstrings(house_of({"core/a": '"""Sayings, and what is given."""'})) == []


@pytest.mark.parametrize("folder", ["livepose", "tests", "scripts"])
def test_what_is_said_of_an_argument_begins_with_a_capital_letter(folder: str) -> None:
    assert lower_case_entries(modules_in(folder)) == []


def test_an_argument_in_lower_case_is_found() -> None:
    def source(*lines: str) -> str:
        docstring = "".join(f"\n        {line}" if line else "\n" for line in lines)
        return f'class A:\n    def a(self):\n        """Add it.\n{docstring}\n        """'

    right = source("Args:", "    one: The first,", "        b: of two.", "    two: `x`, or", "more")
    assert lower_case_entries(house_of({"core/a": right})) == []
    wrong = source("Args:", "    one: The first.", "", "    **two: the second.", "", "Raises:")
    assert lower_case_entries(house_of({"core/a": wrong})) == ["core/a: **two"]


BANNED = [
    ("livepose/session/run.py", "print(1)", "T201"),
    ("livepose/sources/video.py", "import av", "TID251"),
    ("livepose/sinks/video.py", "from av.container import OutputContainer", "TID251"),
    ("livepose/session/viewer.py", "import cv2\ncv2.imshow('a', 1)", "TID251"),
    ("livepose/session/viewer.py", "from cv2 import waitKey", "TID251"),
    ("livepose/session/viewer.py", "import cv2\ncv2.waitKeyEx(1)", "TID251"),
    ("livepose/sources/video.py", "import cv2\ncv2.VideoCapture(0)", "TID251"),
    ("livepose/sources/camera.py", "import cv2\nprint(cv2.VideoCapture(0))", "T201"),
    ("livepose/sources/camera.py", "import openvino", "TID253"),
    ("livepose/motion/crop.py", "import cv2\ncv2.flip(1, 1)", "TID251"),
    ("livepose/models/movenet.py", "import cv2\ncv2.cvtColor(1, cv2.COLOR_BGR2RGB)", "TID251"),
    ("livepose/cli/main.py", "import sys\nsys.exit(1)", "TID251"),
    ("livepose/models/files/npm.py", "import urllib.request", "TID251"),
    ("livepose/models/files/npm.py", "from urllib.request import urlopen", "TID251"),
    ("livepose/models/runtimes/litert.py", "import ai_edge_litert.interpreter", "TID253"),
    ("livepose/models/runtimes/openvino.py", "from openvino import Core", "TID253"),
    ("livepose/models/movenet.py", "import tensorflow as tf", "TID253"),
    ("livepose/models/files/download.py", "import tensorflow_hub", "TID253"),
]
OWNED = [
    ("livepose/system/pyav.py", "import av"),
    ("livepose/sinks/window.py", "import cv2\ncv2.imshow('a', cv2.waitKeyEx(1))"),
    ("livepose/sources/camera.py", "import cv2\ncv2.VideoCapture(0)"),
    ("livepose/draw/painter.py", "import cv2\ncv2.flip(1, 1)"),
    ("livepose/models/files/download.py", "import urllib.request"),
    ("livepose/models/runtimes/litert.py", "def late() -> None:\n    import tensorflow"),
]


def rules_broken(path: str, source: str) -> set[str]:
    """Return which rules of ruff a source would break if it were that file."""
    words = [sys.executable, "-m", "ruff", "check", "--select", "T20,TID251,TID253"]
    words += ["--output-format", "concise", "--stdin-filename", str(CHECKOUT / path), "-"]
    found = subprocess.run(words, input=source, capture_output=True, text=True, cwd=CHECKOUT)
    return set(re.findall(r"\b(?:T|TID)\d{3}\b", found.stdout))


@pytest.mark.parametrize(("path", "source", "rule"), BANNED)
def test_ruff_refuses_what_others_own(path: str, source: str, rule: str) -> None:
    assert rules_broken(path, source) == {rule}


@pytest.mark.parametrize(("path", "source"), OWNED)
def test_ruff_lets_owners_use_what_they_own(path: str, source: str) -> None:
    assert rules_broken(path, source) == set()
    assert (CHECKOUT / path).is_file()
