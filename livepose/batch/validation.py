"""Checks of a batch before its first file is begun: of all runs, and of table and report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from livepose.batch.inputs import InputFile
from livepose.batch.options import BatchOptions
from livepose.batch.plan import BatchItem, motion_fields
from livepose.batch.remote_paths import Place, RemoteAddress
from livepose.batch.table import check_table
from livepose.core.errors import OptionError, TargetExists
from livepose.export import FORMATS, check_angles
from livepose.session.validation.bounds import check_numbers
from livepose.session.validation.conflicts import check_conflicts
from livepose.session.validation.model import check_model
from livepose.session.validation.source import check_source_options
from livepose.system.files import absolute_path
from livepose.system.targets import check_location, check_vacant


def check_runs(
    items: Sequence[BatchItem], inputs: Sequence[InputFile], options: BatchOptions
) -> None:
    """Check what can be checked of all runs before the first one.

    Raises:
        OptionError: If an option cannot be used, or has no effect on any file.
        ModelError: If there is no such model.
        SinkError: If the report or the table cannot be written.
        RuntimeMissing: If a package that a format needs is not installed.
    """
    data = options.data
    for is_image in (False, True):
        first = next(
            (item for item, file in zip(items, inputs, strict=True) if file.is_image == is_image),
            None,
        )
        if first is not None:
            check_numbers(first.options)
            check_source_options(first.options)
            check_conflicts(first.options)
            check_model(first.options)
    if all(file.is_image for file in inputs):
        _check_for_images(options)
    for ending in data.save:
        FORMATS[str(ending)].check_installed()
        check_angles(Path(f"NAME{ending}"), data.measured_angles)
    if data.table is not None:
        check_table(data.table.suffix)
    for place in (data.table, data.report):
        if place is not None:
            _check_result_file(place, options)


def _check_result_file(place: Place, options: BatchOptions) -> None:
    """Check that the table, or the report, can be written.

    Raises:
        SinkError: If it cannot be written.
    """
    replaces = options.output.overwrite or options.output.resume
    if isinstance(place, RemoteAddress):
        from livepose.batch.remote import find

        if not replaces and find(place):
            raise TargetExists(f"{place} exists: --overwrite replaces it")
        return
    if absolute_path(place).parent != options.out_dir:  # which is created if it is not there
        check_location(place, None)
    check_vacant(place, overwrite=replaces)


def _check_for_images(options: BatchOptions) -> None:
    """Check that options have an effect where all inputs are images.

    Raises:
        OptionError: If one has none.
    """
    for group in (options.output, options.model, options.people, options.style, options.data):
        for field in motion_fields(group):
            if getattr(group, field.name) != field.default:
                raise OptionError(f"{field.flag} has no effect on images: it is for videos")
