"""Whether everything that livepose needs is here and works, and how fast it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from livepose.bench.doctor.check import Check, works
from livepose.bench.doctor.devices import (
    CAMERA_LIMIT_S,
    check_cameras,
    check_encoders,
    check_runtimes,
)
from livepose.bench.doctor.machine import (
    check_disk,
    check_display,
    check_machine,
    check_models,
    check_packages,
    has_default_model,
)
from livepose.bench.doctor.privacy import without_names
from livepose.sources.camera_list import Camera

__all__ = ["Check", "examine", "works"]


def examine(
    cameras: Sequence[Camera] | None = None, camera_limit_s: float = CAMERA_LIMIT_S
) -> Iterator[Check]:
    """Yield all checks as they are done, without names of people and paths of the home.

    Args:
        cameras: Those to try; by default all that are connected.
        camera_limit_s: How long each of them may take.
    """
    for check in _checks(cameras, camera_limit_s):
        yield check.cleaned(without_names)


def _checks(cameras: Sequence[Camera] | None, camera_limit_s: float) -> Iterator[Check]:
    yield from check_machine()
    yield from check_packages()
    yield from check_display()
    yield from check_cameras(cameras, camera_limit_s)
    yield from check_encoders()
    yield from check_models()
    yield from check_runtimes(has_model=has_default_model())
    yield from check_disk()
