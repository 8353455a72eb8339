"""The bounds of numbers, as they are declared with their options."""

from __future__ import annotations

import math

from livepose.core.errors import OptionError
from livepose.session.option_fields import option_fields
from livepose.session.options import Options


def check_finite(flag: str, number: float) -> None:
    """Check that a number is neither nan nor infinite: those pass every bound.

    Raises:
        OptionError: If the number is nan or infinite.
    """
    if not math.isfinite(number):
        raise OptionError(f"{flag} {number} is not a finite number")


def check_numbers(options: Options) -> None:
    """Check all numbers of a run, and the size of its frames.

    Raises:
        OptionError: If a number is not finite or out of bounds, or if a frame has no pixels.
    """
    for group in options.groups:
        check_bounds(group)
    size_px = options.source.size_px
    if size_px is not None and min(size_px) < 1:
        raise OptionError(f"--size {size_px[0]}x{size_px[1]} is too small: write it as 1280x720")


def check_bounds(group: object) -> None:
    """Check that every number is finite, and within the bounds that are declared with its option.

    Args:
        group: A dataclass of options.

    Raises:
        OptionError: If a number is not finite, or out of bounds.
    """
    for field in option_fields(group):
        value = getattr(group, field.name)
        if not isinstance(value, (int, float)):
            continue
        check_finite(field.flag, value)
        low, high = field.spec.minimum, field.spec.maximum
        if low is not None and value < low:
            raise OptionError(f"{field.flag} {value:g} is too small: the minimum is {low:g}")
        if high is not None and value > high:
            raise OptionError(f"{field.flag} {value:g} is too large: the maximum is {high:g}")
