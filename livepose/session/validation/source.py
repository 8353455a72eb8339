"""The rules about the source: there is one, and every option has an effect with it."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from livepose.core.errors import OptionError
from livepose.session.option_fields import SourceKind, option_fields
from livepose.session.options import Options
from livepose.session.phone_camera import is_phone, phone_address
from livepose.sources.sequence import is_sequence
from livepose.sources.synthetic import check_scene


def check_source_options(options: Options, typed: Container[str] = ()) -> None:
    """Check that there is one source, and that every option has an effect with it.

    Args:
        options: Of the run.
        typed: Options such as `--quality` that were typed, even if with their default value.

    Raises:
        OptionError: If there is no source or several, or if an option has no effect.
    """
    kind = options.source.kind
    for group in options.groups:
        for field in option_fields(group):
            allowed = field.spec.sources
            is_given = field.flag in typed or getattr(group, field.name) != field.default
            if kind not in allowed and is_given:
                flags = [f"--{each.value}" for each in SourceKind if each in allowed]
                listed = " and ".join(filter(None, (", ".join(flags[:-1]), flags[-1])))
                raise OptionError(
                    f"{field.flag} has no effect with --{kind.value}: it is for {listed}"
                )
    if options.poses is not None and kind is not SourceKind.VIDEO:
        raise OptionError(f"saved poses belong to a video, not to --{kind.value}")
    source = options.source
    if source.camera is not None and is_phone(source.camera):
        phone_address(source.camera)
    if source.scene is not None:
        check_scene(source.scene)
    if source.end_s is not None and source.end_s <= source.start_s:
        raise OptionError(f"--end ({source.end_s:g}) must be after --start ({source.start_s:g})")
    if source.video and source.frame_rate is not None and not is_sequence(Path(source.video)):
        raise OptionError(
            f"--fps has no effect with {source.video}: it is for --camera, --demo and images in "
            "sequence"
        )
