"""What a file of poses says of itself: whose frames, which model, which settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from livepose.core.frame import StreamInfo

Setting = str | float | int | bool


@dataclass(frozen=True, slots=True)
class RecordingMetadata:
    """One run, as it is written down."""

    info: StreamInfo
    """Of the source."""
    model: str
    """For people: `lightning on LiteRT`."""
    model_sha256: str = ""
    """Of the model's file; empty where unknown."""
    settings: Mapping[str, Setting] = field(default_factory=dict)
    """How the poses were made of what was found: smoothing, tracking, thresholds."""
    angle_names: tuple[str, ...] = ()
    """Of the angles that each frame has, such as `left_knee`; empty where none are measured."""

    @property
    def clip(self) -> str:
        """The source's name as a part of file names: `dance` for `dance.mp4`, `camera_0`."""
        name = self.info.path.stem if self.info.path else self.info.name
        return re.sub(r"[^\w.-]+", "_", name).strip("._") or "clip"
