"""The plan of the house: who may import whom, and the one owner of each dangerous thing."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

import pytest

from tests.support.paths import CHECKOUT

PACKAGE = CHECKOUT / "livepose"
ROOMS = ("export", "sources", "models", "motion", "pipeline", "sinks", "send", "draw")
OWNERS = {
    "threading": ("pipeline/", "send/"),
    "tensorflow": ("models/",),
    "tensorflow_hub": ("models/",),
    "ai_edge_litert": ("models/runtimes", "models/convert/litert_graph"),
    "openvino": ("models/",),
    "urllib.request": ("models/files/download",),
    "cv2.imshow": ("sinks/window",),
    "cv2.waitKey": ("sinks/window",),
    "cv2.waitKeyEx": ("sinks/window",),
    "cv2.VideoCapture": ("sources/camera",),
    "cv2.flip": ("draw",),
    "cv2.COLOR_BGR2RGB": ("models/letterbox",),
    "print": (),
    "sys.exit": ("models/convert/tensorflow_graph",),  # which also runs as a program
}
HEAVY = ("tensorflow", "tensorflow_hub", "ai_edge_litert", "openvino")
PAINTS = ("core/pixels",)
"""In `core/`, who may use cv2: for arithmetic on arrays, at a tenth of NumPy's cost."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix().removesuffix(".py")
        yield name, ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def used(tree: ast.AST) -> Iterator[str]:
    for name in imported(tree):
        yield name
        yield name.split(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id


@pytest.mark.parametrize("thing", OWNERS)
def test_a_dangerous_thing_is_used_by_its_owner_only(thing: str) -> None:
    users = {name for name, tree in modules() if thing in set(used(tree))}
    strangers = {name for name in users if not name.startswith(OWNERS[thing])}
    assert not strangers


def test_core_imports_nothing_of_ours_but_core() -> None:
    for name, tree in modules():
        if name.startswith("core/"):
            ours = {module for module in imported(tree) if module.startswith("livepose")}
            assert all(module.startswith("livepose.core") for module in ours), name


def test_core_imports_nothing_else_but_numpy_and_where_pixels_are_handled_cv2() -> None:
    users = set()
    for name, tree in modules():
        if name.startswith("core/"):
            packages = {module.split(".")[0] for module in imported(tree)}
            others = packages - sys.stdlib_module_names - {"livepose", "numpy"}
            # Poses make a table where pandas is there; it is imported when one is asked for.
            assert others <= ({"pandas"} if name == "core/poses" else {"cv2"}), name
            users |= {name} if "cv2" in others else set()
    assert users == set(PAINTS)


def test_a_room_knows_core_system_and_itself_only() -> None:
    for name, tree in modules():
        room = name.split("/")[0]
        if room not in ROOMS:
            continue
        known = ("core", "system", "_version", room)
        for module in imported(tree):
            if module.startswith("livepose."):
                assert module.split(".")[1] in known, f"{name} imports {module}"


def test_heavy_packages_are_imported_on_use() -> None:
    for name, tree in modules():
        plain = (ast.Import, ast.ImportFrom)
        top = {
            m.split(".")[0] for node in tree.body if isinstance(node, plain) for m in imported(node)
        }
        assert not top & set(HEAVY), name


def test_av_is_imported_in_one_place_behind_cv2() -> None:
    """The other way round cv2's windows hang on Linux."""
    users = {
        name: tree for name, tree in modules() if "av" in {m.split(".")[0] for m in imported(tree)}
    }
    assert list(users) == ["system/pyav"]
    order = list(imported(users["system/pyav"]))
    assert order.index("cv2") < order.index("av")
    borrowers = {name for name, tree in modules() if "livepose.system.pyav" in set(imported(tree))}
    assert all(name.startswith(("sources/", "sinks/")) for name in borrowers), borrowers
