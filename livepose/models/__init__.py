"""Find the people in one image, with no memory between calls."""

from __future__ import annotations

from livepose.core.errors import OptionError
from livepose.core.interfaces import PoseModel
from livepose.models.files.resolve import resolve
from livepose.models.files.trust import check_trust, log_origin
from livepose.models.loader import RuntimeLoader
from livepose.models.movenet import PEOPLE_PX, MultiPose, SinglePose, check_people_px
from livepose.models.progress import Progress, no_progress
from livepose.models.runtimes import RuntimeName

__all__ = ["RuntimeName", "load_model"]


def load_model(
    name: str = "lightning",
    runtime: RuntimeName | str = RuntimeName.AUTO,
    *,
    trust: bool = False,
    threads: int | None = None,
    concurrency: int = 1,
    expected_frames: int | None = None,
    people_px: int = PEOPLE_PX,
    frame_px: tuple[int, int] | None = None,
    mirrored: bool = False,
    progress: Progress = no_progress,
) -> PoseModel:
    """Load a MoveNet model, which is downloaded or compiled on first use.

    Args:
        name: `lightning`, `thunder` or `multipose`; or, for one person, a `.tflite` file, a
            SavedModel folder or a TF Hub URL.
        runtime: `litert`, `openvino` or `tensorflow`. `auto` is LiteRT, or OpenVINO if it is
            installed and faster on this machine, which is measured once.
        trust: Load a SavedModel that is neither known nor from Google's own pages. It is a program,
            and runs with your rights.
        threads: For each frame, on the CPU; by default the model's share of the cores.
        concurrency: How many frames are estimated at the same time.
        expected_frames: How many frames there will be, for `auto`: a few are not worth a slow
            start. None if there is no end.
        people_px: Long side of the input of `multipose`, a multiple of 32.
        frame_px: Width and height of the frames. `multipose` has a network for each aspect ratio,
            and loads the one for these frames now; others are loaded at their first frame.
        mirrored: See each image of one person a second time, mirrored, and average the two: more
            precise, in twice the time. It changes nothing for `multipose`.
        progress: Called during downloads and compilations.

    Returns:
        A model that is warmed up. It is a context manager, which the caller must close.

    Raises:
        OptionError: If there is no such runtime, or `people_px` is not a multiple of 32.
        ModelError: If the model cannot be downloaded, read or compiled; `UntrustedModel` if it is
            not the one of its name, could do harm, or is strange and `trust` is not set.
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
    check_trust(model, is_trusted=trust)
    log_origin(model)
    loader = RuntimeLoader(model, runtime, threads, concurrency, expected_frames, progress)
    if model.max_people == 1:
        network = loader.load()
        if mirrored:
            from livepose.models.runtimes.mirrored import Mirrored

            network = Mirrored(network, model.skeleton)
        return SinglePose(model.label, network, model.skeleton)
    check_people_px(people_px)
    multipose = MultiPose(model.label, loader.load, people_px, model.skeleton)
    if frame_px is not None:
        multipose.warm_up(*frame_px)
    return multipose
