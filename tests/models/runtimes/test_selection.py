"""Which runtime `auto` selects: measured once, and kept."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from livepose.core.errors import ModelError
from livepose.models import RuntimeName
from livepose.models.files.resolve import resolve
from livepose.models.loader import RuntimeLoader
from livepose.models.runtimes.selection import select_runtime
from tests.support.needs import needs_openvino
from tests.support.networks import make_network

LITERT, OPENVINO = RuntimeName.LITERT, RuntimeName.OPENVINO


Kept = dict[str, dict[str, list[float]]]


# OpenVINO takes a second more to start, and half the time for each frame: equal at 200 frames.
SLOW_START = {"litert": [0.5, 0.010], "openvino": [1.5, 0.005]}


QUICK_START = {"litert": [0.5, 0.010], "openvino": [0.1, 0.020]}


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_network(tmp_path_factory.mktemp("network") / "echo.tflite")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where what was measured is kept; made when there is something to keep."""
    return tmp_path / "kept"


def select(
    network: Path,
    folder: Path,
    frames: int | None = None,
    *,
    threads: int = 1,
    concurrency: int = 1,
) -> RuntimeName:
    return select_runtime(network, folder, threads, concurrency, frames)


def kept_in(folder: Path) -> Kept:
    kept: Kept = json.loads((folder / "runtimes.json").read_text(encoding="utf-8"))
    return kept


def key_in(folder: Path) -> str:
    (key,) = kept_in(folder)
    return key


@cache
def key_of(network: Path) -> str:
    """Measure once, and return under which key the costs of a network are kept."""
    with TemporaryDirectory() as folder:
        select(network, Path(folder))
        return key_in(Path(folder))


def put_costs(network: Path, folder: Path, costs: dict[str, list[float]]) -> None:
    """Put costs in the place of what would be measured here."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {key_of(network): costs}
    (folder / "runtimes.json").write_text(json.dumps(kept), encoding="utf-8")


def are_measured(costs: dict[str, list[float]]) -> bool:
    return sorted(costs) == ["litert", "openvino"] and all(
        len(numbers) == 2 and all(0 < number < 60 for number in numbers)
        for numbers in costs.values()
    )


@needs_openvino
@pytest.mark.parametrize(
    ("costs", "frames", "selected"),
    [
        (SLOW_START, 0, LITERT),
        (SLOW_START, 3, LITERT),
        (SLOW_START, 199, LITERT),
        (SLOW_START, 201, OPENVINO),
        (SLOW_START, 10**9, OPENVINO),
        (SLOW_START, None, OPENVINO),
        (QUICK_START, 3, OPENVINO),
        (QUICK_START, 39, OPENVINO),
        (QUICK_START, 41, LITERT),
        (QUICK_START, None, LITERT),
        ({"litert": [0.5, 0.010]}, None, LITERT),
    ],
)
def test_the_runtime_with_the_lowest_total_cost_is_selected(
    costs: dict[str, list[float]],
    frames: int | None,
    selected: RuntimeName,
    network: Path,
    folder: Path,
) -> None:
    put_costs(network, folder, costs)
    assert select(network, folder, frames) is selected


@needs_openvino
@pytest.mark.parametrize(("concurrency", "even"), [(1, 200), (2, 400), (3, 600)])
def test_frames_that_run_at_the_same_time_are_divided_among_them(
    concurrency: int, even: int, network: Path, folder: Path
) -> None:
    put_costs(network, folder, SLOW_START)
    assert select(network, folder, even - 5, concurrency=concurrency) is LITERT
    assert select(network, folder, even + 5, concurrency=concurrency) is OPENVINO


@needs_openvino
def test_the_selected_runtime_is_loaded(network: Path, own_cache: Path) -> None:
    put_costs(network, own_cache, SLOW_START)
    endless = RuntimeLoader(resolve(str(network)), threads=1, keeps_compiled=False)
    for frames, concurrency, name in (
        (300, 1, "OpenVINO"),
        (300, 2, "LiteRT"),
        (3, 1, "LiteRT"),
        (None, 1, "OpenVINO"),
    ):
        loader = replace(endless, concurrency=concurrency, expected_frames=frames)
        with loader.load() as runtime:
            assert runtime.name == name
    with replace(endless, runtime=LITERT).load() as asked_for:
        assert asked_for.name == "LiteRT"


@needs_openvino
def test_where_compiled_networks_are_kept_the_start_is_measured_anew(
    network: Path, own_cache: Path
) -> None:
    """What was measured before does not hold: compiling took longer."""
    select(network, own_cache)
    auto = RuntimeLoader(resolve(str(network)), threads=1)
    for frames in (None, 3):
        replace(auto, expected_frames=frames).load().close()
    assert len(list(own_cache.glob("*.compiled"))) == 1
    kept = kept_in(own_cache)
    assert [are_measured(costs) for costs in kept.values()] == [True, True]
    assert [key.rpartition("; ")[2] for key in kept] == ["compiled at each start", "kept compiled"]


@needs_openvino
def test_costs_are_measured_once_and_kept(
    network: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "livepose")
    first = select(network, folder)
    assert caplog.text.count("measured once") == 1
    assert "litert" in caplog.text and "openvino" in caplog.text
    assert are_measured(kept_in(folder)[key_in(folder)])
    file = folder / "runtimes.json"
    content, changed_ns = file.read_bytes(), file.stat().st_mtime_ns
    for frames in (None, 3, 100_000):
        select(network, folder, frames)
    assert select(network, folder) is first
    assert (file.read_bytes(), file.stat().st_mtime_ns) == (content, changed_ns)
    assert caplog.text.count("measured once") == 1
    assert [path.name for path in folder.iterdir()] == ["runtimes.json"]


@needs_openvino
def test_measurements_are_kept_for_each_network_version_and_number_of_threads(
    network: Path, folder: Path
) -> None:
    select(network, folder, threads=1)
    key = key_in(folder)
    specs = [find_spec(name) for name in ("openvino", "ai_edge_litert")]
    identities = [str(Path(str(spec and spec.origin)).stat().st_mtime_ns) for spec in specs]
    assert all(part in key for part in ("echo.tflite", *identities, "1 threads"))
    select(network, folder, threads=2)
    select(make_network(network.with_name("other.tflite")), folder, threads=1)
    kept = kept_in(folder)
    assert len(kept) == 3 and key in kept
    assert all(are_measured(costs) for costs in kept.values())


@needs_openvino
def test_another_network_of_the_same_name_is_measured_again(tmp_path: Path, folder: Path) -> None:
    network = make_network(tmp_path / "echo.tflite")
    put_costs(network, folder, SLOW_START)
    assert select(network, folder, 3) is LITERT
    make_network(network, shape=(1, 64, 64, 3))
    select(network, folder)
    assert [are_measured(costs) for costs in kept_in(folder).values()] == [True, True]
    assert len({tuple(costs["litert"]) for costs in kept_in(folder).values()}) == 2


BROKEN = {
    "empty": "",
    "half": '{"KEY": {"litert": [0.1,',
    "no text": b"\xff\xfe\x00broken",
    "a number": "3",
    "a text": '"KEY"',
    "nothing": "null",
    "a list": '["KEY"]',
    "no costs": '{"KEY": {}}',
    "costs of nothing": '{"KEY": null}',
    "costs in a list": '{"KEY": [0.1, 0.2]}',
    "a word for costs": '{"KEY": {"litert": "fast", "openvino": "faster"}}',
    "one number": '{"KEY": {"litert": [0.1], "openvino": [0.1]}}',
    "three numbers": '{"KEY": {"litert": [1, 2, 3], "openvino": [1, 2, 3]}}',
    "words for numbers": '{"KEY": {"litert": ["a", "b"], "openvino": ["a", "b"]}}',
    "an unknown runtime": '{"KEY": {"litert": [1, 2], "warp": [0, 0]}}',
    "not all runtimes": '{"KEY": {"openvino": [0, 0]}}',
}


@needs_openvino
@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_damaged_file_is_replaced_by_a_new_measurement(
    content: str | bytes, network: Path, folder: Path
) -> None:
    folder.mkdir()
    key, file = key_of(network), folder / "runtimes.json"
    if isinstance(content, str):
        file.write_text(content.replace('"KEY"', json.dumps(key)), encoding="utf-8")
    else:
        file.write_bytes(content)
    assert select(network, folder) in (LITERT, OPENVINO)
    assert are_measured(kept_in(folder)[key])
    assert [path.name for path in folder.iterdir()] == ["runtimes.json"]


@needs_openvino
def test_measurements_of_other_machines_are_kept(network: Path, folder: Path) -> None:
    others = {"another machine": {"litert": [1.0, 2.0]}, "of the future": {"all": "new"}}
    folder.mkdir()
    (folder / "runtimes.json").write_text(json.dumps(others), encoding="utf-8")
    select(network, folder)
    kept = kept_in(folder)
    assert {name: kept.pop(name) for name in others} == others
    assert len(kept) == 1 and are_measured(*kept.values())


@needs_openvino
def test_if_the_cache_cannot_be_written_to_every_start_measures(
    network: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "livepose")
    folder.write_text("a file, where a folder should be")
    for count in (1, 2):
        assert select(network, folder) in (LITERT, OPENVINO)
        assert caplog.text.count("measured once") == count
        assert caplog.text.count("cannot be kept") == count
    assert folder.read_text() == "a file, where a folder should be"


@needs_openvino
def test_a_file_that_cannot_be_replaced_leaves_nothing_beside_it(
    network: Path, folder: Path
) -> None:
    (folder / "runtimes.json" / "a folder, where a file should be").mkdir(parents=True)
    for _ in range(2):
        assert select(network, folder) in (LITERT, OPENVINO)
    assert [path.name for path in folder.iterdir()] == ["runtimes.json"]


@needs_openvino
def test_a_network_that_openvino_cannot_run_is_measured_with_litert_only(
    tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "livepose")
    network = make_network(tmp_path / "odd.tflite", step="RELU_N1_TO_1")
    assert select(network, folder) is LITERT
    assert "odd.tflite is not a model that OpenVINO runs" in caplog.text
    assert list(kept_in(folder)[key_in(folder)]) == ["litert"]
    caplog.clear()
    assert select(network, folder, 10**9) is LITERT
    assert caplog.text == ""


@needs_openvino
def test_a_network_that_openvino_cannot_run_falls_back_to_litert(
    tmp_path: Path, own_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    network = make_network(tmp_path / "odd.tflite", step="RELU_N1_TO_1")
    put_costs(network, own_cache, SLOW_START)
    caplog.set_level(logging.INFO, "livepose")
    with RuntimeLoader(resolve(str(network)), threads=1).load() as runtime:
        assert runtime.name == "LiteRT"
    assert "odd.tflite is not a model that OpenVINO runs" in caplog.text
    with pytest.raises(ModelError, match=r"odd\.tflite is not a model that OpenVINO runs"):
        RuntimeLoader(resolve(str(network)), OPENVINO, threads=1).load()


@needs_openvino
def test_a_file_that_is_not_a_network_is_refused_by_litert(tmp_path: Path, folder: Path) -> None:
    file = tmp_path / "text.tflite"
    file.write_bytes(b"garbage " * 100)
    with pytest.raises(ModelError, match=r"text\.tflite is not a usable LiteRT model"):
        select(file, folder)
    assert not folder.exists()


def test_without_openvino_litert_is_selected_and_nothing_is_measured(
    network: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    for frames in (None, 3, 10**9):
        assert select(network, folder, frames) is LITERT
    assert not folder.exists()


@needs_openvino
def test_where_openvino_cannot_be_imported_litert_is_loaded(
    network: Path,
    own_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It may be installed, and lack a library of the system."""
    caplog.set_level(logging.INFO, "livepose")

    def import_openvino() -> None:
        raise ImportError("libopenvino.so: cannot open shared object file")

    monkeypatch.setattr("livepose.models.runtimes.openvino._import_openvino", import_openvino)
    with RuntimeLoader(resolve(str(network)), threads=1).load() as runtime:
        assert runtime.name == "LiteRT"
    assert [list(costs) for costs in kept_in(own_cache).values()] == [["litert"]]
