"""TensorFlow graphs: load one as a function, and compile one to a LiteRT file.

Run as a program (`python -m livepose.models.graphs SOURCE TARGET`) it compiles: TensorFlow takes seconds to
import and half a gigabyte to hold, so it lives in a process that ends, and the viewer's stays small.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from livepose.core.errors import ModelError, RuntimeMissing

COMPILE_LIMIT_S = 300.0


def load_function(source: Path) -> Any:
    """Load a graph as a callable TensorFlow function.

    Args:
        source: a SavedModel folder, or the `.json` of a TensorFlow.js graph model.

    Raises:
        ModelError: it cannot be loaded.
        RuntimeMissing: tensorflow is not installed.
    """
    # 3 leaves errors alone: TensorFlow greets with a page about CUDA on every machine without it.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import tensorflow as tf
    except ImportError as error:
        raise RuntimeMissing(
            f"TensorFlow cannot be loaded ({error}): pip install tensorflow"
        ) from error
    if source.suffix == ".json":
        from livepose.models.tfjs import read_function

        return read_function(source)
    try:
        model = tf.saved_model.load(str(source))
        function = model.signatures["serving_default"]
    except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
        raise ModelError(f"{source} is not a usable SavedModel: {error}") from error
    # The function holds its variables weakly: without the model they are gone at the first call.
    function.kept_alive = model
    return function


def compile_to_litert(source: Path, target: Path) -> None:
    """Compile a graph to a LiteRT file, in a process of its own.

    The weights stay float32: the file gives the graph's own keypoints.

    Args:
        source: a SavedModel folder, or the `.json` of a TensorFlow.js graph model.
        target: the file to write.

    Raises:
        ModelError: it cannot be compiled; the message has TensorFlow's reason.
    """
    command = [sys.executable, "-m", "livepose.models.graphs", str(source), str(target)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMPILE_LIMIT_S)
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"compiling {source} took over {COMPILE_LIMIT_S:.0f} s") from error
    if done.returncode != 0 or not target.exists():
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise ModelError(f"{source} cannot be compiled to LiteRT: {said[-1]}")


def _compile_here(source: Path, target: Path) -> None:
    function = load_function(source)
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], function)
    target.write_bytes(converter.convert())


if __name__ == "__main__":
    try:
        _compile_here(Path(sys.argv[1]), Path(sys.argv[2]))
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {str(error).strip().splitlines()[0]}")
