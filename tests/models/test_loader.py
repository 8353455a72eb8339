"""Loading networks where a package of a runtime is missing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import pytest

from tests.support.networks import make_network
from tests.support.paths import CHECKOUT
from tests.support.programs import run_python


@pytest.fixture
def network(tmp_path: Path) -> Path:
    return make_network(tmp_path / "echo.tflite")


LOADING = """
import sys
from livepose.models.files.resolve import resolve
from livepose.models.loader import RuntimeLoader
with RuntimeLoader(resolve(sys.argv[1])).load() as runtime:
    print(runtime.name, [name for name in sys.modules if name.startswith("openvino")])
"""


def installed_without(folder: Path, *prefixes: str) -> Path:
    """Make a folder of what is installed here, but for some packages."""
    folder.mkdir()
    for path in Path(str(metadata.distribution("numpy").locate_file(""))).iterdir():
        if not path.name.startswith(prefixes):
            (folder / path.name).symlink_to(path)
    return folder


def load_with(packages: Path, network: Path) -> Sequence[str]:
    """Load a network with `auto` and only these packages; return the last line that it prints."""
    done = run_python(
        *("-S", "-c", LOADING, network),
        cwd=network.parent,
        PYTHONPATH=os.pathsep.join(map(str, (packages, CHECKOUT))),
    )
    return (done.stdout or done.stderr).splitlines()[-1:]


def test_without_openvino_litert_is_loaded_and_nothing_is_written(
    network: Path, own_cache: Path, tmp_path: Path
) -> None:
    packages = installed_without(tmp_path / "packages", "openvino")
    assert load_with(packages, network) == ["LiteRT []"]
    assert not own_cache.exists()


def test_without_litert_the_error_names_its_package(
    network: Path, own_cache: Path, tmp_path: Path
) -> None:
    packages = installed_without(tmp_path / "packages", "ai_edge_litert")
    (line,) = load_with(packages, network)
    assert "RuntimeMissing: LiteRT cannot be loaded" in line
    assert line.endswith("pip install ai-edge-litert")
    assert not own_cache.exists()


INTERRUPTED = """
try:
    raise KeyboardInterrupt
except KeyboardInterrupt as ctrl_c:
    raise ImportError("initialization failed") from ctrl_c
"""


@pytest.mark.parametrize(
    ("runtime", "module"), [("litert", "ai_edge_litert"), ("openvino", "openvino")]
)
def test_ctrl_c_while_a_package_is_imported_is_not_reported_as_a_missing_package(
    runtime: str, module: str, network: Path, tmp_path: Path
) -> None:
    # So it comes out of a native module that was being initialised.
    (tmp_path / "packages" / module).mkdir(parents=True)
    (tmp_path / "packages" / module / "__init__.py").write_text(INTERRUPTED)
    done = run_python(
        *("-m", "livepose", "--demo", "--no-show", "--runtime", runtime, "--model", network),
        cwd=tmp_path,
        PYTHONPATH=os.pathsep.join(map(str, (tmp_path / "packages", CHECKOUT))),
    )
    assert (done.returncode, done.stderr) == (130, "livepose: interrupted\n")
