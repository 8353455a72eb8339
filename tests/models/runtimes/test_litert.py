"""LiteRT: several threads at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from livepose.core.arrays import FloatArray
from livepose.core.interfaces import Runtime
from livepose.core.pixels import BgrPixels
from livepose.models.letterbox import crop_and_resize
from livepose.models.runtimes.litert import LiteRT
from tests.support.coco import COCO_IMAGES, largest_person
from tests.support.needs import needs_shared


@pytest.fixture
def litert(compiled: Path) -> Iterator[Runtime]:
    with LiteRT(next(compiled.glob("lightning.tfhub.*.tflite")), threads=1) as runtime:
        yield runtime


@needs_shared
@pytest.mark.parametrize("callers", [2, 3])
def test_several_threads_at_once_get_the_same_as_one_alone(callers: int, litert: Runtime) -> None:
    inputs = [
        crop_and_resize(BgrPixels(largest_person(name).bgr), largest_person(name).crop, 192, 192)[0]
        for name in COCO_IMAGES
    ]
    alone = [litert.run(rgb) for rgb in inputs]
    assert not np.array_equal(alone[0], alone[1])
    starting = threading.Barrier(callers, timeout=30)
    at_once: dict[int, list[FloatArray]] = {}

    def call(caller: int) -> None:
        starting.wait()
        # Each begins with another image, so that no two threads have the same one at a time.
        at_once[caller] = [litert.run(inputs[(caller + n) % 4]) for n in range(20)]

    threads = [threading.Thread(target=call, args=(caller,)) for caller in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(at_once) == list(range(callers))
    for caller, outputs in at_once.items():
        # Also the first ones: later calls have not overwritten them.
        for n, output in enumerate(outputs):
            assert np.array_equal(output, alone[(caller + n) % 4]), (caller, n)
