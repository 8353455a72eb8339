"""Short names for the array types that rooms exchange, and views that cannot be written to."""

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

UInt8Array = npt.NDArray[np.uint8]
Int32Array = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]
IntpArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]
ImageArray = npt.NDArray[np.generic]
"""Any image as cv2 types it: `cv2.imread` and `VideoCapture.read` promise no type of pixels."""

_Array = TypeVar("_Array", bound="npt.NDArray[Any]")


def read_only(array: _Array) -> _Array:
    """Return a read-only view of an array; the array itself stays as it is.

    >>> own = np.zeros(3)
    >>> read_only(own).flags.writeable, own.flags.writeable
    (False, True)
    """
    if not array.flags.writeable:
        return array
    view = array.view()
    view.setflags(write=False)
    return view


def median(values: npt.NDArray[Any]) -> float:
    """Return the median of some numbers, of which none is NaN.

    As `np.median`, but five times as fast for a few; nor does it import `np.ma`, which takes 8 ms.

    >>> median(np.array([3, 1, 2])), median(np.array([4.0, 1.0]))
    (2.0, 2.5)
    """
    low, high = (values.size - 1) // 2, values.size // 2
    ordered = np.partition(values, (low, high), axis=None)
    return (float(ordered[low]) + float(ordered[high])) / 2
