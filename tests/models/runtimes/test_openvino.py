"""OpenVINO beside LiteRT on the real networks: the same points; and what it says when it cannot."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.errors import ModelError
from livepose.core.interfaces import Runtime
from livepose.core.pixels import BgrPixels
from livepose.models import RuntimeName, load_model
from livepose.models.files.cache import ModelCache
from livepose.models.files.compiled import CompiledNetworks
from livepose.models.files.resolve import resolve
from livepose.models.letterbox import crop_and_resize
from livepose.models.loader import RuntimeLoader
from livepose.models.movenet import SinglePose
from livepose.models.runtimes.openvino import OpenVINO, _has_float32_convolutions
from livepose.motion import Estimator
from livepose.sources import open_source
from tests.support.coco import COCO_IMAGES, largest_person
from tests.support.models import warm_cache
from tests.support.needs import DANCE, needs_openvino, needs_shared
from tests.support.networks import SIDE, make_network
from tests.support.programs import run_livepose, run_python

pytestmark = needs_openvino

PRECISE = "OpenVINO"
BFLOAT16 = "OpenVINO in bfloat16"


def has_bfloat16() -> bool:
    """Ask OpenVINO what this CPU can do."""
    return "BF16" in openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def openvino() -> Any:
    from livepose.models.runtimes.openvino import _import_openvino

    return _import_openvino()


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return warm_cache(tmp_path_factory.getbasetemp(), "lightning", "thunder")


def file_of(cache: Path, name: str) -> Path:
    (found,) = cache.glob(f"{name}.tfhub.*.tflite")
    return found


@pytest.fixture(scope="module", params=["lightning", "thunder"])
def both(request: pytest.FixtureRequest, cache: Path) -> Iterator[tuple[Runtime, Runtime]]:
    """One network in LiteRT, which computes in float32, and in OpenVINO."""
    path = str(file_of(cache, request.param))
    litert = RuntimeLoader(resolve(path), RuntimeName.LITERT, threads=1).load()
    # Compiled here and now, and not by an earlier version.
    other = RuntimeLoader(
        resolve(path), RuntimeName.OPENVINO, threads=1, keeps_compiled=False
    ).load()
    with litert, other:
        yield litert, other


def coco_crops(side: int) -> list[UInt8Array]:
    return [
        crop_and_resize(BgrPixels(largest_person(name).bgr), largest_person(name).crop, side, side)[
            0
        ]
        for name in COCO_IMAGES
    ]


def dance_crops(litert: Runtime) -> list[UInt8Array]:
    """Cut the dancer out of each 60th frame, where LiteRT has found her."""
    crops = []
    with open_source(DANCE) as source:
        for frame in islice(source, 0, None, 60):
            estimator = Estimator(SinglePose("litert", litert))
            estimator(frame)
            region = estimator(frame).region
            crops.append(crop_and_resize(frame.pixels, region, *litert.input_shape[1:3])[0])
    return crops


def distances_px(one: FloatArray, other: FloatArray, side: int) -> list[float]:
    """Return the distances of those points that are visible in the first of two outputs."""
    seen = one[0, 0, :, 2] > 0.3
    off = side * np.linalg.norm(one[0, 0, seen, :2] - other[0, 0, seen, :2], axis=1)
    return [float(distance) for distance in off]


@needs_shared
@pytest.mark.parametrize("where", ["coco", "dance"])
def test_keypoints_are_where_litert_finds_them(where: str, both: tuple[Runtime, Runtime]) -> None:
    litert, other = both
    side = litert.input_shape[1]
    crops = coco_crops(side) if where == "coco" else dance_crops(litert)
    off_px: list[float] = []
    off_scores: list[float] = []
    for rgb in crops:
        ours, theirs = litert.run(rgb), other.run(rgb)
        assert theirs.shape == (1, 1, 17, 3) and theirs.dtype == np.float32
        off_px += distances_px(ours, theirs, side)
        off_scores += np.abs(ours[0, 0, :, 2] - theirs[0, 0, :, 2]).tolist()
    assert len(off_px) > 40
    # Measured in bfloat16: 0.20 to 0.24 px, at most 1.8; scores 0.012 to 0.022.
    assert np.mean(off_px) < (0.5 if other.name == BFLOAT16 else 0.02)
    assert np.max(off_px) < (4 if other.name == BFLOAT16 else 0.5)
    assert np.mean(off_scores) < (0.05 if other.name == BFLOAT16 else 0.001)


@needs_shared
def test_the_largest_person_of_each_coco_image_is_found(cache: Path) -> None:
    with load_model(str(file_of(cache, "lightning")), RuntimeName.OPENVINO) as model:
        for name in COCO_IMAGES:
            truth = largest_person(name)
            poses = model.estimate(BgrPixels(truth.bgr), truth.crop)
            # The bounds that LiteRT is held to.
            assert truth.count_near(poses) == 17, name
            assert float(np.median(truth.errors(poses))) < 0.04, name
            assert truth.oks(poses) > 0.65, name


@needs_shared
def test_the_name_of_the_runtime_has_its_precision(both: tuple[Runtime, Runtime]) -> None:
    _, other = both
    assert other.name == (BFLOAT16 if has_bfloat16() else PRECISE)
    assert other.input_shape in ((1, 192, 192, 3), (1, 256, 256, 3))


@needs_shared
def test_the_name_of_the_model_has_the_runtime(cache: Path) -> None:
    path = file_of(cache, "lightning")
    with load_model(str(path), "openvino") as model:
        assert model.name == f"{path.name} on {BFLOAT16 if has_bfloat16() else PRECISE}"


@needs_shared
@pytest.mark.parametrize("name", ["lightning", "thunder"])
def test_the_first_convolutions_stay_in_float32_because_they_are_marked(
    name: str, cache: Path
) -> None:
    path = file_of(cache, name)
    with OpenVINO(path, threads=1) as marked:
        assert _has_float32_convolutions(marked._compile())
    if has_bfloat16():  # elsewhere all of it is in float32, or bfloat16 is only imitated
        core = openvino().Core()
        unmarked = core.compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "bf16"})
        assert not _has_float32_convolutions(unmarked)


@needs_shared
def test_the_same_image_gives_the_same_output_after_another_one(cache: Path) -> None:
    one, other = coco_crops(192)[:2]
    with OpenVINO(file_of(cache, "lightning"), threads=1) as runtime:
        first = runtime.run(one)
        kept = first.copy()
        runtime.run(other)
        again = runtime.run(one)
    assert np.array_equal(first, kept)
    assert np.array_equal(again, kept)


@needs_shared
@pytest.mark.parametrize("callers", [2, 3])
def test_several_threads_at_once_get_the_same_as_one_alone(callers: int, cache: Path) -> None:
    inputs = coco_crops(192)
    starting = threading.Barrier(callers, timeout=30)
    at_once: dict[int, list[FloatArray]] = {}
    with OpenVINO(file_of(cache, "lightning"), threads=1) as runtime:
        alone = [runtime.run(rgb) for rgb in inputs]

        def call(caller: int) -> None:
            starting.wait()
            # Each begins with another image, so that no two threads have the same one at a time.
            at_once[caller] = [runtime.run(inputs[(caller + n) % 4]) for n in range(20)]

        threads = [threading.Thread(target=call, args=(caller,)) for caller in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert not np.array_equal(alone[0], alone[1])
    assert sorted(at_once) == list(range(callers))
    for caller, outputs in at_once.items():
        for n, output in enumerate(outputs):
            assert np.array_equal(output, alone[(caller + n) % 4]), (caller, n)


# What is compiled is kept for the next start.


def compiled_in(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.compiled"))


@needs_shared
@pytest.mark.parametrize("is_exact", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_network_that_was_kept_gives_the_same_to_the_bit(
    threads: int, is_exact: bool, cache: Path, tmp_path: Path
) -> None:
    path, networks = file_of(cache, "lightning"), CompiledNetworks(ModelCache(tmp_path))
    inputs = coco_crops(192)
    with OpenVINO(path, threads, is_exact=is_exact) as compiled:
        expected = [compiled.run(rgb) for rgb in inputs]
        assert not compiled.is_kept
    with OpenVINO(path, threads, is_exact=is_exact, compiled_networks=networks) as first:
        assert first.is_kept
    (file,) = compiled_in(tmp_path)
    content = file.read_bytes()
    with OpenVINO(path, threads, is_exact=is_exact, compiled_networks=networks) as runtime:
        found = [runtime.run(rgb) for rgb in inputs]
        assert (runtime.name, runtime.input_shape) == (compiled.name, compiled.input_shape)
    assert np.array_equal(found, expected)
    assert [each.read_bytes() for each in compiled_in(tmp_path)] == [content]


@needs_shared
@pytest.mark.parametrize("way", ["never kept", "kept", "removed meanwhile", "not writable"])
def test_two_callers_at_once_get_the_same_wherever_the_network_came_from(
    way: str, cache: Path, tmp_path: Path
) -> None:
    path, folder = file_of(cache, "lightning"), tmp_path / "cache"
    networks = None if way == "never kept" else CompiledNetworks(ModelCache(folder))
    if way == "not writable":
        folder.write_text("a file, where a folder should be")
    else:
        OpenVINO(path, threads=1, compiled_networks=networks).close()
    one, other = coco_crops(192)[:2]
    with OpenVINO(path, threads=1, compiled_networks=networks) as runtime:
        expected = [runtime.run(one), runtime.run(other)]
        if way == "removed meanwhile":
            compiled_in(folder)[0].unlink()
        with runtime._requests.borrow():  # by one caller, so that another one needs its own
            found = [runtime.run(one), runtime.run(other)]
    assert np.array_equal(found, expected)


@needs_shared
@pytest.mark.parametrize("number", range(4))
def test_what_cannot_be_imported_is_compiled_anew_and_replaced(
    number: int, cache: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "livepose")
    path, networks = file_of(cache, "lightning"), CompiledNetworks(ModelCache(tmp_path))
    rgb = coco_crops(192)[0]
    with OpenVINO(path, threads=1, compiled_networks=networks) as runtime:
        expected, settings = runtime.run(rgb), runtime._cache_key()
    compiled = networks.find(path, settings)
    assert compiled is not None
    # OpenVINO cites a header that it does not know, which may be no text.
    odd_header = compiled.replace(b"ov=2", b"ov=\xff", 1)
    content = [b"", b"not a network", bytes(10_000_000), odd_header][number]
    if content == compiled:
        pytest.skip("this OpenVINO writes no header")
    networks.put(path, settings, content)
    for _ in range(2):
        with OpenVINO(path, threads=1, compiled_networks=networks) as runtime:
            assert np.array_equal(runtime.run(rgb), expected)
    assert caplog.text.count("a network that was compiled earlier cannot be used") == 1
    assert networks.find(path, settings) not in (None, content)


def test_where_a_network_cannot_be_exported_it_is_compiled_at_each_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "livepose")

    def export_model(*_: Any) -> None:
        raise RuntimeError("Exception from somewhere:\nnot implemented")

    monkeypatch.setattr(openvino().CompiledModel, "export_model", export_model)
    network, networks = make_network(tmp_path / "echo.tflite"), CompiledNetworks(ModelCache())
    with OpenVINO(network, threads=1, compiled_networks=networks) as runtime:
        expected = runtime.run(noise_picture())
        with runtime._requests.borrow():
            assert np.array_equal(runtime.run(noise_picture()), expected)
    assert not runtime.is_kept
    assert "cannot be kept" in caplog.text and "not implemented" in caplog.text


@needs_shared
def test_what_was_compiled_in_another_way_is_not_used(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, networks = file_of(cache, "lightning"), CompiledNetworks(ModelCache(tmp_path))
    key_of_another = "an earlier version of livepose, which did something else to the network"
    with monkeypatch.context() as earlier:
        earlier.setattr("livepose.models.runtimes.openvino.sha256_of", lambda _: key_of_another)
        OpenVINO(path, threads=1, compiled_networks=networks).close()
    OpenVINO(path, threads=1, compiled_networks=networks).close()
    assert len(compiled_in(tmp_path)) == 2


def test_closing_frees_the_network(tmp_path: Path) -> None:
    """Without waiting for the garbage collector, as a network takes some 50 MB."""
    runtime = OpenVINO(make_network(tmp_path / "echo.tflite"), threads=1)
    with runtime._requests.borrow():
        runtime.run(noise_picture())
    network = weakref.ref(runtime._compiled)
    assert network() is not None
    runtime.close()
    assert network() is None


@needs_shared
def test_a_loader_keeps_what_it_compiles_unless_told_not_to(own_cache: Path) -> None:
    loader = RuntimeLoader(resolve("lightning"), RuntimeName.OPENVINO, threads=1)
    replace(loader, keeps_compiled=False).load().close()
    assert compiled_in(own_cache) == []
    loader.load().close()
    assert len(compiled_in(own_cache)) == 1


# What needs no network of Google's.


def noise_picture() -> UInt8Array:
    return np.random.default_rng(1).integers(0, 256, (1, SIDE, SIDE, 3), np.uint8)


@pytest.mark.parametrize("kind", ["FLOAT32", "INT32"])
def test_every_network_takes_uint8(kind: str, tmp_path: Path) -> None:
    rgb = noise_picture()
    rgb.setflags(write=False)
    with OpenVINO(make_network(tmp_path / "echo.tflite", kind=kind), threads=1) as runtime:
        assert runtime.input_shape == (1, SIDE, SIDE, 3)
        assert np.array_equal(runtime.run(rgb), rgb)
        # Without a convolution there is nothing to keep in float32, and all of it is.
        assert runtime.name == PRECISE


def test_it_can_be_closed_twice(tmp_path: Path) -> None:
    runtime = OpenVINO(make_network(tmp_path / "echo.tflite"), threads=1)
    runtime.close()
    runtime.close()


def test_a_network_with_another_output_is_refused_in_one_line(tmp_path: Path) -> None:
    path = make_network(tmp_path / "echo.tflite")
    with pytest.raises(ModelError, match=r"echo\.tflite is not a single-pose MoveNet") as caught:
        load_model(str(path), "openvino")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("shape", [(1, 10), (1, 1, SIDE, SIDE, 3)])
def test_an_input_that_is_not_an_image_is_refused(shape: tuple[int, ...], tmp_path: Path) -> None:
    path = make_network(tmp_path / "flat.tflite", shape=shape)
    with pytest.raises(ModelError, match="input has the shape"):
        OpenVINO(path, threads=1)


BROKEN = """
import sys
from livepose.core.errors import ModelError
from livepose.models import load_model
for path in sys.argv[1:]:
    try:
        load_model(path, "openvino")
    except ModelError as error:
        print(error)
"""


def refusals(folder: Path, files: dict[str, bytes]) -> list[str]:
    """Try files in a process of its own: were it to crash, the other tests would go on."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    done = run_python("-c", BROKEN, *(folder / name for name in files), cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@needs_shared
def test_what_is_not_a_network_or_not_whole_is_refused_in_one_line(
    cache: Path, tmp_path: Path
) -> None:
    whole = file_of(cache, "lightning").read_bytes()
    files = {
        "empty.tflite": b"",
        "text.tflite": b"garbage " * 1000,
        "head.tflite": b"\x1c\0\0\0TFL3",
        "zeros.tflite": b"\x1c\0\0\0TFL3" + b"\0" * 1000,
        **{f"short-{part}.tflite": whole[: int(len(whole) * part)] for part in (0.001, 0.5, 0.999)},
    }
    lines = refusals(tmp_path, files)
    assert len(lines) == len(files), lines
    for name, line in zip(files, lines, strict=True):
        assert line.startswith(f"{tmp_path / name} is not a model that OpenVINO runs: ")


def test_a_network_that_cannot_be_compiled_is_refused_in_one_line(
    tmp_path: Path,
) -> None:
    path = make_network(tmp_path / "words.tflite", kind="STRING")
    (line,) = refusals(tmp_path, {path.name: path.read_bytes()})
    reason = line.removeprefix(f"{path} is not a model that OpenVINO runs: ")
    assert reason != line and len(reason) > 10
    assert not reason.startswith(("Exception from", "Details"))


WITHOUT = """
import sys
sys.modules["openvino"] = None  # an import of it fails, as where it is not installed
from livepose.core.errors import RuntimeMissing
from livepose.models import load_model
try:
    load_model(sys.argv[1], "openvino")
except ImportError as error:
    print(isinstance(error, RuntimeMissing), error)
from livepose.cli.main import main
sys.exit(main(["--demo", "--no-show", "--runtime", "openvino", "--model", sys.argv[1]]))
"""


def test_without_the_package_the_error_names_the_extra(tmp_path: Path) -> None:
    path = make_network(tmp_path / "echo.tflite")
    done = run_python("-c", WITHOUT, path, cwd=tmp_path)
    assert done.returncode == 1
    (message,) = done.stdout.splitlines()
    assert message.startswith("True OpenVINO cannot be loaded (")
    assert "pip install " in message and "[openvino]'" in message
    (line,) = done.stderr.splitlines()
    assert line == "livepose: " + message.removeprefix("True ")


def test_the_command_line_accepts_the_runtime(tmp_path: Path) -> None:
    path = make_network(tmp_path / "echo.tflite")
    done = run_livepose(
        "--demo", "--no-show", "--runtime", "openvino", "--model", path, cwd=tmp_path
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"livepose: {path.name} is not a single-pose MoveNet: its output is")


QUIET = """
import sys, threading
from pathlib import Path
from livepose.models.runtimes.openvino import OpenVINO
OpenVINO(Path(sys.argv[1]), 1).close()
import openvino
is_there = "openvino_telemetry" in sys.modules
print(threading.active_count(), is_there, openvino.convert_model.__name__)
"""


def test_its_telemetry_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Where tests are run by a service, OpenVINO's telemetry would be silent anyway.
    for name in ("CI", "TF_BUILD", "JENKINS_URL", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    path = make_network(tmp_path / "echo.tflite")
    home = tmp_path / "home"
    home.mkdir()
    done = run_python("-c", QUIET, path, cwd=tmp_path, HOME=home, LOCALAPPDATA=home)
    assert done.stdout == "1 False convert_model\n", done.stderr
    assert list(home.iterdir()) == []


SIGNALLED = """
import gc, signal, sys
from pathlib import Path
from livepose.models.runtimes.openvino import OpenVINO
first = OpenVINO(Path(sys.argv[1]), 1)
second = OpenVINO(Path(sys.argv[1]), 1)
first.close()
del first
gc.collect()
second.close()
del second
gc.collect()
for _ in range(10):
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        print("interrupted")
"""


def test_ctrl_c_is_no_crash_after_two_models_were_closed(tmp_path: Path) -> None:
    path = make_network(tmp_path / "echo.tflite")
    done = run_python("-c", SIGNALLED, path, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, 10 * "interrupted\n"), done.stderr
