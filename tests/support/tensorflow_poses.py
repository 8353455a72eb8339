"""Poses that TensorFlow finds: in one child process for all tests, as it takes seconds to import.

In a process of its own also because TensorFlow leaves threads behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from livepose.core.arrays import UInt8Array
from tests.support.coco import COCO, COCO_IMAGES
from tests.support.needs import DANCE, TFHUB
from tests.support.paths import shared_folder
from tests.support.programs import python_output

MULTIPOSE_IMAGE = f"{COCO_IMAGES[3]}.jpg"
_ESTIMATE = """
import sys
import numpy as np
from livepose.core.pixels import BgrPixels
from livepose.models import load_model
images, multipose_image, target = sys.argv[1:]
with np.load(images) as loaded:
    images = dict(loaded)
found = {}
for name, labels in (("lightning", list(images)), ("multipose", [multipose_image])):
    size_px = images[labels[0]].shape[1::-1]
    with load_model(name, "tensorflow", frame_px=size_px) as model:
        found[f"{name} name"] = model.name
        for label in labels:
            bgr = images[label]
            region = model.full_frame_region(*bgr.shape[1::-1])
            poses = model.estimate(BgrPixels(bgr), region)
            parts = {"xy": poses.xy, "score": poses.score, "box": poses.box}
            parts["person_score"] = poses.person_score
            found |= {f"{name} {label} {part}": values for part, values in parts.items()}
np.savez(target, **found)
"""


def real_images() -> dict[str, UInt8Array]:
    """Return the four COCO images, and five frames of the dance, by name."""
    read: dict[str, UInt8Array] = {}
    for path in sorted(COCO.glob("*.jpg")):
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


def tensorflow_poses(base: Path) -> Mapping[str, npt.NDArray[Any]]:
    """Return what TensorFlow finds with Lightning in all `real_images`, and with MultiPose in one.

    Its keys are the model, the image, and the part: `lightning dance.mp4 0 xy`; the model's own
    name is at `lightning name`.

    Args:
        base: The session's temporary folder: `tmp_path_factory.getbasetemp()`.
    """
    file = shared_folder(base) / "tensorflow poses.npz"
    if not file.exists():
        images, unfinished = base / "real images.npz", base / "unfinished.npz"
        arrays: dict[str, Any] = dict(real_images())
        np.savez(images, **arrays)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TFHUB_CACHE_DIR", str(TFHUB))
            python_output(_ESTIMATE, str(images), MULTIPOSE_IMAGE, str(unfinished))
        unfinished.replace(file)
    with np.load(file) as found:
        return dict(found)
