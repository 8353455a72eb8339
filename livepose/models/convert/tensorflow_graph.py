"""TensorFlow graphs: load one as a function, and compile one to a LiteRT file.

It compiles in a process of its own: TensorFlow takes seconds to import and half a gigabyte to hold,
so it lives in a process that ends, and the viewer's stays small.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from livepose.core.errors import ModelError, RuntimeMissing
from livepose.models.convert.optimize import slim
from livepose.models.subprocesses import Progress, Unavailable, first_line, no_progress, run_python
from livepose.system.optional_imports import needed
from livepose.system.quiet import quiet_stderr

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
    """Load a graph as a callable TensorFlow function.

    Args:
        source: a SavedModel folder, or the `.json` of a TensorFlow.js graph model.
        input_px: width and height of the pictures, where the graph takes any.

    Raises:
        ModelError: it cannot be loaded.
        RuntimeMissing: tensorflow is not installed.
    """
    # 3 leaves errors alone: TensorFlow greets with a page about CUDA on every machine without it.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with needed("TensorFlow", "tensorflow"), quiet_stderr():
        import tensorflow as tf
    if source.suffix == ".json":
        from livepose.models.convert.tfjs import read_function

        return read_function(source, input_px)
    try:
        with quiet_stderr():
            model = tf.saved_model.load(str(source))
        function = model.signatures["serving_default"]
    except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
        raise ModelError(f"{source} is not a usable SavedModel: {error}") from error
    # The function holds its variables weakly: without the model they are gone at the first call.
    function.kept_alive = model
    return function if input_px is None else _of_size(function, input_px)


def _of_size(function: Any, input_px: tuple[int, int]) -> Any:
    import tensorflow as tf

    (name, given), *_ = function.structured_input_signature[1].items()
    shape = (1, input_px[1], input_px[0], 3)
    fixed = tf.function(lambda picture: next(iter(function(**{name: picture}).values())))
    fixed = fixed.get_concrete_function(tf.TensorSpec(shape, given.dtype))
    fixed.kept_alive = function
    return fixed


def compile_to_litert(
    source: Path,
    target: Path,
    progress: Progress = no_progress,
    input_px: tuple[int, int] | None = None,
) -> None:
    """Compile a graph to a LiteRT file, in a process of its own.

    The weights stay float32: the file gives the graph's own keypoints, with less work (`slimming`).

    Args:
        source: a SavedModel folder, or the `.json` of a TensorFlow.js graph model.
        target: the file to write.
        progress: called while it takes its time.
        input_px: width and height of the pictures, where the graph takes any.

    Raises:
        ModelError: it cannot be compiled; the message has TensorFlow's reason.
        RuntimeMissing: If TensorFlow is not installed.
    """
    check_tensorflow()
    program = "from livepose.models.convert.tensorflow_graph import compile_here; compile_here()"
    arguments = [str(source.absolute()), str(target.absolute()), *map(str, input_px or ())]
    try:
        run_python(program, arguments, COMPILE_LIMIT_S, progress, f"compiling {source.name}")
    except Unavailable as error:
        raise ModelError(f"{source} cannot be compiled to LiteRT: {error}") from error


def compile_here() -> None:
    """Compile the graph at the program's first argument to the file at its second.

    A third and a fourth are the width and the height of the pictures.
    """
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        input_px = (int(sys.argv[3]), int(sys.argv[4])) if len(sys.argv) > 3 else None
        function = load_function(source, input_px)
        import tensorflow as tf

        converter = tf.lite.TFLiteConverter.from_concrete_functions([function], function)
        target.write_bytes(converter.convert())
        slim(target)
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {first_line(str(error))}")
