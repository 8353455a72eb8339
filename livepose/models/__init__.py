"""Find the people in one image, with no memory between calls."""

from __future__ import annotations

from livepose.core.errors import OptionError
from livepose.core.interfaces import PoseModel
from livepose.core.skeleton import COCO_SKELETON
from livepose.models.files.resolve import resolve
from livepose.models.loader import RuntimeLoader
from livepose.models.movenet import PEOPLE_PX, MultiPose, SinglePose
from livepose.models.progress import Progress, no_progress
from livepose.models.runtimes import RuntimeName

__all__ = ["RuntimeName", "load_model"]

_MIN_PEOPLE_PX = 128


def load_model(
    name: str = "lightning",
    runtime: RuntimeName | str = RuntimeName.AUTO,
    *,
    threads: int | None = None,
    concurrency: int = 1,
    expected_frames: int | None = None,
    people_px: int = PEOPLE_PX,
    frame_px: tuple[int, int] | None = None,
    progress: Progress = no_progress,
) -> PoseModel:
    """Load a MoveNet model, which is downloaded or compiled on first use.

    Args:
        name: `lightning`, `thunder` or `multipose`; or, for one person, a `.tflite` file, a
            SavedModel folder or a TF Hub URL.
        runtime: `litert`, `openvino` or `tensorflow`. `auto` is LiteRT, or OpenVINO if it is
            installed and faster on this machine, which is measured once.
        threads: For each frame, on the CPU; by default the model's share of the cores.
        concurrency: How many frames are estimated at the same time.
        expected_frames: How many frames there will be, for `auto`: a few are not worth a slow
            start. None if there is no end.
        people_px: Long side of the input of `multipose`, a multiple of 32.
        frame_px: Width and height of the frames. `multipose` has a network for each aspect ratio,
            and loads the one for these frames now; others are loaded at their first frame.
        progress: Called during downloads and compilations.

    Returns:
        A model that is warmed up. It is a context manager, which the caller must close.

    Raises:
        OptionError: If there is no such runtime, or `people_px` is not a multiple of 32.
        ModelError: If the model cannot be downloaded, read or compiled.
        RuntimeMissing: If the runtime's package is not installed.

    >>> with load_model("lightning", "litert") as model:
    ...     model.name, model.max_people
    ('lightning on LiteRT', 1)
    """
    try:
        runtime = RuntimeName(runtime)
    except ValueError:
        known = ", ".join(name.value for name in RuntimeName)
        raise OptionError(f"there is no runtime {runtime!r}: choose {known}") from None
    model = resolve(name)
    skeleton = model.spec.skeleton if model.spec is not None else COCO_SKELETON
    loader = RuntimeLoader(model, runtime, threads, concurrency, expected_frames, progress)
    if model.spec is None or not model.spec.has_dynamic_input:
        return SinglePose(model.label, loader.load(), skeleton)
    if people_px < _MIN_PEOPLE_PX or people_px % 32:
        raise OptionError(
            f"--people-size must be a multiple of 32 from {_MIN_PEOPLE_PX} on, got {people_px}"
        )
    multipose = MultiPose(model.label, loader.load, people_px, skeleton)
    if frame_px is not None:
        multipose.warm_up(*frame_px)
    return multipose
