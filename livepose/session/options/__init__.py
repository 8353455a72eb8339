"""Options: what a run does. Each option is declared here, and nowhere else.

Each module declares a group of options, a dataclass, and `Options` holds all groups. The command
line is made from them (`cli/arguments`), and `session/validation` checks them, whoever made them.

>>> from pathlib import Path
>>> options = Options(
...     SourceOptions(video="clip.mp4", max_frames=100),
...     OutputOptions(out=Path("annotated.mp4")),
...     style=StyleOptions(boxes=True),
... )
>>> options.source.kind.value, options.style.boxes
('video', True)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from livepose.export.pose_file import PoseFile
from livepose.session.options.data import DataOptions
from livepose.session.options.model import Effort, ModelOptions
from livepose.session.options.output import OutputOptions, StreamingOptions
from livepose.session.options.people import PeopleOptions, Rotate, Smooth
from livepose.session.options.source import SourceOptions
from livepose.session.options.style import StyleOptions

OptionGroup: TypeAlias = (
    SourceOptions
    | OutputOptions
    | ModelOptions
    | PeopleOptions
    | StyleOptions
    | DataOptions
    | StreamingOptions
)


@dataclass(frozen=True, slots=True)
class Options:
    """All that is known of a run before it begins."""

    source: SourceOptions
    output: OutputOptions = field(default_factory=OutputOptions)
    model: ModelOptions = field(default_factory=ModelOptions)
    people: PeopleOptions = field(default_factory=PeopleOptions)
    style: StyleOptions = field(default_factory=StyleOptions)
    data: DataOptions = field(default_factory=DataOptions)
    streaming: StreamingOptions = field(default_factory=StreamingOptions)
    poses: PoseFile | None = None
    """A `.jsonl` file to read the poses from, instead of running a network."""
    annotates_image: bool = True
    """Whether an annotated copy of an image is written beside it if no other place is given."""

    @property
    def groups(self) -> tuple[OptionGroup, ...]:
        """The groups of options, in the order of the help."""
        return (
            self.source,
            self.output,
            self.model,
            self.people,
            self.style,
            self.data,
            self.streaming,
        )


__all__ = [
    "DataOptions",
    "Effort",
    "ModelOptions",
    "OptionGroup",
    "Options",
    "OutputOptions",
    "PeopleOptions",
    "Rotate",
    "Smooth",
    "SourceOptions",
    "StreamingOptions",
    "StyleOptions",
]
