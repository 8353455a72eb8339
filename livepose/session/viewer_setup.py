"""What a viewer of any kind is connected to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from livepose.core.frame import StreamInfo
from livepose.draw import Style
from livepose.session.motion_steps import MotionSteps
from livepose.session.recorder import Recorder
from livepose.sinks.screen import Screen
from livepose.system.interrupts import Interrupts


@dataclass(frozen=True, slots=True)
class ViewerSetup:
    """The parts of a run that a viewer shows, and that its keys act on."""

    window: Screen
    info: StreamInfo
    """Of the source: frames of a live one are shown at once, others at their times."""
    style: Style
    """How skeletons look, until keys change it."""
    recorder: Recorder
    """Started and stopped by a key."""
    interrupts: Interrupts
    """They end a pause, and everything."""
    steps: MotionSteps
    """Their selector takes commands of whom to follow; their counts are displayed."""
    countdown_s: float = 0.0
    """How long is counted down before a recording."""
    delay_s: float = 0.0
    """The picture of this many seconds ago is shown."""
    folder: Path = Path()
    """Where keys save files."""
    is_replay: bool = False
    """Whether the poses were saved before: then there is no time of a network to show."""
