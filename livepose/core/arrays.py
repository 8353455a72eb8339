"""Short names for the array types that rooms exchange."""

import numpy as np
import numpy.typing as npt

UInt8Array = npt.NDArray[np.uint8]
Int32Array = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]
IntpArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]
