"""The error tree. A message says what happened to what, and what to do about it.

LivePoseError
├── SourceError          a camera, video, image or stream cannot be read
│   ├── SourceNotFound   the file or device does not exist
│   └── SourceCutShort   it ended before its end, or a part of it is damaged
├── ModelError           a model file cannot be found, read or compiled
│   ├── ModelUnavailable one of the places that it can come from does not have it
│   └── UntrustedModel   it is not what it should be, or could do harm
├── RuntimeMissing       a package that is needed is not installed
├── SinkError            a file or window cannot be written to
│   ├── TargetExists     the file to write exists already
│   └── ReaderLeft       whoever reads standard output has what they wanted
└── OptionError          an option has an unusable value, or conflicts with another one
"""

from __future__ import annotations

from livepose.core.secrets import hide_secrets


class LivePoseError(Exception):
    """Base class of every error that livepose raises on purpose.

    >>> try:
    ...     raise SourceNotFound("clip.mp4 does not exist")
    ... except LivePoseError as error:
    ...     print(error)
    clip.mp4 does not exist
    """

    def __init__(self, message: str = "") -> None:
        """Keep a message, without the passwords and tokens of addresses in it."""
        super().__init__(hide_secrets(message))


class SourceError(LivePoseError, OSError):
    """A source cannot be opened, or stopped delivering frames."""


class SourceNotFound(SourceError, FileNotFoundError):
    """The file or device does not exist."""


class SourceCutShort(SourceError):
    """A source broke off, or a part of it is damaged; all frames that it has were delivered."""


class ModelError(LivePoseError):
    """A model file cannot be found, read or compiled."""


class ModelUnavailable(ModelError):
    """One of the places that a model can come from does not have it, or cannot be reached."""


class ModelNotFound(ModelError):
    """A model is nowhere to be found. Further lines of the message say what was tried."""


class UntrustedModel(ModelError):
    """A model is not the one of its name, or is a program that was not said to be trusted."""


class RuntimeMissing(LivePoseError, ImportError):
    """A package that is needed, such as an inference runtime, is not installed."""


class SinkError(LivePoseError, OSError):
    """A file or a window cannot be written to."""


class TargetExists(SinkError, FileExistsError):
    """The file to write exists, and overwriting it was not requested."""


class ReaderLeft(SinkError):
    """The program that reads standard output has ended, as `head` does: that is no failure."""


class OptionError(LivePoseError, ValueError):
    """An option has an unusable value, or conflicts with another option."""
