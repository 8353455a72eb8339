"""Options of the network, and of what it sees of a frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import ClassVar

from livepose.models import RuntimeName
from livepose.models.catalog import LIGHTNING, THUNDER
from livepose.models.movenet import MIN_PEOPLE_PX, PEOPLE_PX
from livepose.session.option_fields import SourceKind, option


class Effort(str, Enum):
    """How much time is taken for each frame."""

    FAST = "fast"
    BEST = "best"
    """Thunder, averaged with mirrored crops, tracks followed backwards too, and short gaps filled;
    for files and images."""


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """The network, and what it sees of a frame."""

    panel: ClassVar[str] = "Model"

    name: str = option(
        "",
        "lightning (fast, the default), thunder (accurate, the default with --effort best and "
        "for angles of files without a window), multipose (up to six people, coarse), a .tflite "
        "file, a SavedModel folder or a TF Hub URL.",
        flag="--model",
        metavar="NAME|PATH|URL",
    )
    """Empty: as `decided` says."""
    trust: bool = option(
        False,
        "Load a SavedModel from any source: it is a program, which runs with your rights.",
        flag="--trust-model",
    )
    runtime: RuntimeName = option(
        RuntimeName.AUTO, "What runs the model; auto selects the fastest one installed."
    )
    crop: bool = option(True, "Crop to where the person was last seen.")
    levels: bool = option(
        True,
        "Stretch the levels of dark and low-contrast frames for the network; the frames themselves "
        "stay as they are.",
    )
    effort: Effort = option(
        Effort.FAST,
        "best takes about five times as long, for files and images: it uses thunder, averages the "
        "result with that of mirrored crops, follows tracks backwards too, and fills short gaps.",
        sources=(SourceKind.VIDEO, SourceKind.IMAGE, SourceKind.DEMO),
    )
    people_px: int = option(
        PEOPLE_PX,
        "Longer side of the multipose input, a multiple of 32: larger finds smaller people, "
        "but is slower.",
        flag="--people-size",
        metavar="PX",
        minimum=MIN_PEOPLE_PX,
        maximum=1024,
    )

    def decided(self, *, is_measured: bool) -> ModelOptions:
        """Return the options with the name of a model, whether or not one was given.

        Args:
            is_measured: Whether angles are measured, and nobody waits for each frame.
        """
        if self.name:
            return self
        accurate = is_measured or self.effort is Effort.BEST
        return replace(self, name=THUNDER.name if accurate else LIGHTNING.name)
