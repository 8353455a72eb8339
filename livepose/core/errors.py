"""The error tree. A message says what happened to what, and what to do about it.

LivePoseError
├── SourceError          a camera, clip, picture or stream that gives no (more) frames
│   ├── SourceNotFound   there is no such file or device
│   └── SourceCutShort   it gave frames and then broke off
├── ModelError           a model file that cannot be had, read or compiled
├── RuntimeMissing       an inference package that is not installed
├── SinkError            a file or window that cannot be written to
│   └── TargetExists     the file to write is there already
└── OptionError          options that do not fit together
"""

from __future__ import annotations


class LivePoseError(Exception):
    """Base of every error that livepose raises on purpose."""


class SourceError(LivePoseError, OSError):
    """A source cannot be opened, or stopped giving frames."""


class SourceNotFound(SourceError, FileNotFoundError):
    """There is no such file or device."""


class SourceCutShort(SourceError):
    """A source broke off in its middle; every frame before that was delivered."""


class ModelError(LivePoseError):
    """A model file cannot be had, read or compiled."""


class RuntimeMissing(LivePoseError, ImportError):
    """An inference package is not installed."""


class SinkError(LivePoseError, OSError):
    """A file or a window cannot be written to."""


class TargetExists(SinkError, FileExistsError):
    """The file to write exists, and overwriting it was not asked for."""


class OptionError(LivePoseError, ValueError):
    """An option's value is not usable, or two options do not fit together."""
