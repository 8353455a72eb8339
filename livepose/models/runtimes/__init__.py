"""What runs a network: LiteRT, OpenVINO or TensorFlow. Each package is imported when it is used."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any

from livepose.core.errors import ModelError


class RuntimeName(str, Enum):
    """What runs the network: the values of `--runtime`."""

    AUTO = "auto"
    """LiteRT, or OpenVINO where it is installed and measured to be faster."""
    LITERT = "litert"
    OPENVINO = "openvino"
    TENSORFLOW = "tensorflow"


def nhwc_shape(shape: Iterable[Any]) -> tuple[int, int, int, int]:
    """Return an input's shape as (N, H, W, C); an axis whose size is not fixed becomes 0.

    >>> nhwc_shape([1, None, None, 3])
    (1, 0, 0, 3)

    Raises:
        ModelError: If it does not have four axes.
    """
    sizes = [int(size or 0) for size in shape]
    if len(sizes) != 4:
        raise ModelError(f"the model's input has the shape {sizes}, (1, H, W, 3) was expected")
    return sizes[0], sizes[1], sizes[2], sizes[3]
