"""TensorFlow graphs: load one as a function, and compile one to a LiteRT file.

A graph is compiled in another process: TensorFlow takes seconds to import and half a gigabyte of
memory, which this process then does not have to keep.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from livepose.core.errors import LivePoseError, ModelError, ModelUnavailable, RuntimeMissing
from livepose.models.convert.operators import check_graph_operators
from livepose.models.convert.optimize import optimize
from livepose.models.progress import Progress, no_progress
from livepose.models.subprocesses import first_line, run_python
from livepose.system.optional_imports import optional_import, suppress_stderr

COMPILE_LIMIT_S = 300.0
_WITHOUT_TENSORFLOW = (
    "use a LiteRT file (--model FILE.tflite) or a model cache from another machine (LIVEPOSE_CACHE)"
)


def tensorflow_problem() -> str:
    """Return why TensorFlow cannot be used, or "" if it is installed.

    It is not imported, which would take seconds.
    """
    if find_spec("tensorflow") is not None:
        return ""
    if sys.version_info >= (3, 14):
        return "TensorFlow, which does not support Python 3.14 yet"
    packages = "'tensorflow<2.22' tensorflow-hub 'setuptools<82'"
    return f"TensorFlow, which is not installed (pip install {packages})"


def check_tensorflow(alternative: str = _WITHOUT_TENSORFLOW) -> None:
    """Check that TensorFlow is installed, before anything is downloaded for it.

    Args:
        alternative: What the user can do instead.

    Raises:
        RuntimeMissing: If TensorFlow is not installed.
    """
    problem = tensorflow_problem()
    if problem:
        raise RuntimeMissing(f"this needs {problem}: {alternative}")


def load_function(source: Path, input_px: tuple[int, int] | None = None) -> Any:
    """Load a graph, and return it as a callable TensorFlow function.

    Args:
        source: A SavedModel folder, or the `.json` of a TensorFlow.js graph model.
        input_px: Width and height of the images, for a graph with a dynamic input.

    Raises:
        ModelError: If it cannot be loaded.
        RuntimeMissing: If tensorflow is not installed.
    """
    # Level 3 shows errors only: below it, TensorFlow prints a page about CUDA where there is none.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with optional_import("TensorFlow", "tensorflow"), suppress_stderr():
        import tensorflow as tf
    if source.suffix == ".json":
        from livepose.models.convert.tfjs import read_function

        return read_function(source, input_px)
    check_graph_operators(source)
    try:
        with suppress_stderr():
            model = tf.saved_model.load(str(source))
        function = model.signatures["serving_default"]
    except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
        raise ModelError(f"{source} is not a usable SavedModel: {error}") from error
    # A function holds its variables weakly: without the model they would be gone at the first call.
    function.kept_alive = model
    return function if input_px is None else _with_fixed_input(function, input_px)


def _with_fixed_input(function: Any, input_px: tuple[int, int]) -> Any:
    """Return a SavedModel's function for images of one width and height."""
    import tensorflow as tf

    (name, given), *_ = function.structured_input_signature[1].items()
    shape = (1, input_px[1], input_px[0], 3)
    fixed = tf.function(lambda image: next(iter(function(**{name: image}).values())))
    fixed = fixed.get_concrete_function(tf.TensorSpec(shape, given.dtype))
    fixed.kept_alive = function
    return fixed


def compile_to_litert(
    source: Path,
    target: Path,
    progress: Progress = no_progress,
    input_px: tuple[int, int] | None = None,
    *,
    name: str = "",
) -> None:
    """Compile a graph to a LiteRT file, in another process, and optimize it.

    The weights stay float32, so the file gives the graph's own keypoints.

    Args:
        source: A SavedModel folder, or the `.json` of a TensorFlow.js graph model.
        target: The file to write.
        progress: Called while it goes on.
        input_px: Width and height of the images, for a graph with a dynamic input.
        name: Of the model, for the progress; the source's own name by default.

    Raises:
        ModelError: If it cannot be compiled. The message has TensorFlow's reason.
        RuntimeMissing: If TensorFlow is not installed.
    """
    check_tensorflow()
    if source.suffix != ".json":
        check_graph_operators(source)  # here too, where it is known which kind of error it is
    program = "from livepose.models.convert.tensorflow_graph import main; main()"
    arguments = [str(source.absolute()), str(target.absolute()), *map(str, input_px or ())]
    try:
        label = f"compiling {name or source.name}"
        run_python(program, arguments, COMPILE_LIMIT_S, progress, label)
    except ModelUnavailable as error:
        raise ModelError(f"{source} cannot be compiled to LiteRT: {error}") from error


def main() -> None:
    """Compile the graph that the program's first argument names to the file at its second.

    A third and a fourth argument are the width and height of the images.
    """
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        input_px = (int(sys.argv[3]), int(sys.argv[4])) if len(sys.argv) > 3 else None
        function = load_function(source, input_px)
        import tensorflow as tf

        converter = tf.lite.TFLiteConverter.from_concrete_functions([function], function)
        target.write_bytes(converter.convert())
        optimize(target)
    except LivePoseError as error:
        sys.exit(first_line(str(error)))
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {first_line(str(error))}")
