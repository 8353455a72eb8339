"""PyAV, imported after cv2: the other way round, cv2's windows hang on Linux."""

import cv2  # noqa: F401

import av  # isort: skip

__all__ = ["av"]
