"""RecordingMetadata and ExportOptions: what every exporter is told before the first frame."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from livepose._version import __version__
from livepose.core.frame import StreamInfo
from livepose.core.poses import Poses
from livepose.core.skeleton import COCO_SKELETON, Skeleton

_CLIP_BYTES = 200
Setting = str | float | int | bool


@dataclass(frozen=True, slots=True)
class RecordingMetadata:
    """Which source, model and settings the poses of one recording come from.

    >>> info = StreamInfo("camera 0", 640, 480, is_live=True)
    >>> RecordingMetadata(info, "lightning on LiteRT").clip
    'camera_0'
    """

    info: StreamInfo
    """Of the source."""
    model: str
    """For people: `lightning on LiteRT`."""
    model_sha256: str = ""
    """Of the model's file; empty where unknown."""
    settings: Mapping[str, Setting] = field(default_factory=dict)
    """How poses were made of the detections: smoothing, tracking, thresholds."""
    angle_names: tuple[str, ...] = ()
    """The angles that each frame has, such as `left_knee`; empty where none are measured."""
    skeleton: Skeleton = COCO_SKELETON
    """The keypoints of all poses."""
    was_live: bool = False
    """Whether the poses, which are read from a file, were recorded from a live source."""

    edits: tuple[str, ...] = ()
    """What was changed by hand, in this order, as `pose_edits` writes it."""

    @property
    def has_utc(self) -> bool:
        """Whether it is known when each frame was captured on the wall clock."""
        return self.info.is_live or self.was_live

    @property
    def has_filled(self) -> bool:
        """Whether gaps were filled, or people predicted, so that keypoints may be marked."""
        is_filled = self.settings.get("effort") == "best" or bool(self.settings.get("fill"))
        return is_filled or "people" in self.settings or "hidden" in self.settings

    @property
    def has_derivatives(self) -> bool:
        """Whether angular velocities and accelerations are written: of angles without lag only."""
        is_without_lag = self.settings.get("smooth") in ("butterworth", "none")
        return bool(self.angle_names) and is_without_lag and self.info.frame_count != 1

    @property
    def clip(self) -> str:
        """The source's name as a part of file names: `dance` for `dance.mp4`, `camera_0`."""
        name = self.info.path.stem if self.info.path else self.info.name
        clean = re.sub(r"[^\w.-]+", "_", name).strip("._") or "clip"
        # With room for what a file's name has besides.
        return clean.encode()[:_CLIP_BYTES].decode(errors="ignore")

    def check_skeleton(self, poses: Poses) -> None:
        """Check that poses have the keypoints of this recording.

        Raises:
            ValueError: If there are people with other keypoints.
        """
        skeleton = poses.skeleton
        if skeleton is not self.skeleton and len(poses) and skeleton != self.skeleton:
            raise ValueError(
                f"the recording has the keypoints {', '.join(self.skeleton.names)}, and not "
                f"{', '.join(skeleton.names)}"
            )


def describe(recording: RecordingMetadata, unit: str) -> dict[str, str]:
    """Return what the head of a file says of its numbers, each item in one line without tabs.

    Args:
        recording: Whose poses they are.
        unit: Of the numbers, such as `px`.

    >>> from fractions import Fraction
    >>> info = StreamInfo("walk.mp4", 640, 480, is_live=False, frame_rate=Fraction(30000, 1001))
    >>> recording = RecordingMetadata(info, "lightning", settings={"smooth": "butterworth"})
    >>> describe(recording, "px")["rate"], describe(recording, "px")["smoothing"]
    ('29.97 Hz', 'butterworth')
    """
    rate, settings = recording.info.frame_rate, recording.settings
    smoothing = str(settings.get("smooth", "unknown"))
    if "cutoff_hz" in settings:
        smoothing += f" at {settings['cutoff_hz']:g} Hz"
    items = {
        "unit": unit,
        "rate": "unknown" if rate is None else f"{float(rate):.6g} Hz",
        "model": recording.model,
        "smoothing": smoothing,
        "version": f"livepose {__version__}",
    }
    return {name: " ".join(value.split()) for name, value in items.items()}


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How files are written; each format uses what concerns it."""

    min_score: float = 0.1
    """Keypoints that score less are left empty; `.jsonl` and `.coco.json` keep all."""
    overwrite: bool = False
    """Whether an existing file may be replaced."""
    height_m: float | None = None
    """The height of the body, for a `.trc` in metres; None for pixels."""
    csv_header: bool = False
    """Whether tables begin with comments that describe the recording."""
    flush_s: float = 0.5
    """Seconds of the film after which buffered rows are written; a killed run loses as much."""
