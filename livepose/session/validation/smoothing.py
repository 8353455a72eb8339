"""The rules about smoothing, and about all that takes later frames or more time."""

from __future__ import annotations

import math

from livepose.core.errors import OptionError
from livepose.motion.smoothing import MAX_CUTOFF_SHARE
from livepose.session.decisions import is_realtime, smoothing_of
from livepose.session.option_fields import SourceKind
from livepose.session.options import Effort, Options, Smooth


def check_smoothing(options: Options) -> None:
    """Check that the smoothing can be done, and that its options have an effect.

    Raises:
        OptionError: If the smoothing needs what the run has not, such as later frames, or if
            `--cutoff` has no effect.
    """
    smooth = options.people.smooth
    if options.source.kind is SourceKind.IMAGE and smooth in (Smooth.KEEP, Smooth.BUTTERWORTH):
        raise OptionError(
            f"--smooth {smooth.value} does not work with --image: nothing moves in one image"
        )
    if smooth is Smooth.KEEP and options.poses is None:
        raise OptionError("--smooth keep is for livepose render: there is nothing to keep yet")
    if smooth is Smooth.BUTTERWORTH and is_realtime(options):
        raise OptionError(
            "--smooth butterworth needs later frames: it works for files only, without a window "
            "(--no-show), --send or --virtual-camera"
        )

    if options.people.cutoff_hz is not None and smoothing_of(options) is not Smooth.BUTTERWORTH:
        raise OptionError(
            f"--cutoff has no effect with --smooth {smoothing_of(options).value}: it is for "
            "butterworth, the default from file to file"
        )
    if options.data.fill_frames is not None and is_realtime(options):
        raise OptionError(
            "--fill needs later frames: it works for files only, without a window (--no-show), "
            "--send or --virtual-camera"
        )


def check_cutoff(options: Options, frame_rate: float) -> None:
    """Check that the cut-off frequency is low enough for a frame rate.

    Args:
        options: Of the run.
        frame_rate: Of the source, in frames per second.

    Raises:
        OptionError: If the filter could not have this cut-off frequency.
    """
    cutoff_hz = options.people.cutoff_hz
    if cutoff_hz is not None:
        highest_hz = MAX_CUTOFF_SHARE * frame_rate / 2
        if cutoff_hz > highest_hz:
            raise OptionError(
                f"--cutoff {cutoff_hz:g} is too high for {frame_rate:.4g} frames per second: the "
                f"highest is {math.floor(10 * highest_hz) / 10:g} Hz, 0.9 of the Nyquist frequency"
            )


def check_effort(options: Options) -> None:
    """Check that nobody waits for the best effort, which takes its time.

    Raises:
        OptionError: If somebody waits for each frame.
    """
    is_image = options.source.kind is SourceKind.IMAGE
    if options.model.effort is Effort.BEST and not is_image and is_realtime(options):
        raise OptionError(
            "--effort best takes its time: it works for files only, without a window (--no-show), "
            "--send or --virtual-camera"
        )
