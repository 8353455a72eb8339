"""Options -> the style of a run's painted frames."""

from __future__ import annotations

from livepose.draw import Style
from livepose.models.catalog import CATALOG
from livepose.models.files.resolve import resolve
from livepose.session.decisions import follows_several, model_name_of
from livepose.session.options import Options


def style_of(options: Options) -> Style:
    """Return how the frames of a run are painted.

    Raises:
        ModelError: If there is no such model.
    """
    return options.style.to_style(is_multi_person=_shows_several(options))


def _shows_several(options: Options) -> bool:
    """Return whether people are told apart by colour: several may be shown."""
    if options.poses is None:
        finds_several = resolve(model_name_of(options)).max_people > 1 or follows_several(options)
        return finds_several and options.people.select is None
    recording = options.poses.metadata
    spec = CATALOG.get(recording.model.partition(" on ")[0])
    found_several = spec is not None and spec.max_people > 1
    found_several |= "people" in recording.settings
    return found_several and not recording.settings.get("select")
