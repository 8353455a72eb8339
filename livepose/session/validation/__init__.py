"""Every rule about options, checked before any work is done: no file written, no model loaded.

`validate` is called once in every run. A rule of one option (its bounds, the sources with which it
has an effect) is declared with the option; what is here looks at several of them together, a
module for each subject.
"""

from __future__ import annotations

from livepose.export import check_angles
from livepose.session.options import Options
from livepose.session.validation.bounds import check_numbers
from livepose.session.validation.conflicts import check_conflicts
from livepose.session.validation.model import check_keypoints, check_model
from livepose.session.validation.outputs import check_kinds, check_outputs
from livepose.session.validation.source import check_source_options


def validate(options: Options) -> None:
    """Check that the options make sense, each alone and all together.

    Raises:
        OptionError: If a value cannot be used, has no effect, or contradicts another one.
        ModelError: If there is no such model.
        SinkError: If a file cannot be written; `TargetExists` if it exists.
        RuntimeMissing: If a package that a format needs is not installed.
    """
    check_numbers(options)
    check_source_options(options)
    check_kinds(options)
    check_conflicts(options)
    check_outputs(options)
    if options.poses is None:
        check_model(options)
        return
    recording = options.poses.metadata
    check_keypoints(options, recording.skeleton)
    for path in options.data.save:
        check_angles(path, options.data.measured_angles or recording.angle_names)
