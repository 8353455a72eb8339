"""Models that are loaded: for which size of their input, and of what they are made."""

from __future__ import annotations

import pytest

from livepose.core.interfaces import PoseModel
from livepose.session.kept_models import load_at_sizes
from livepose.session.options import Effort, ModelOptions
from tests.support.fakes import SlowModel


@pytest.mark.parametrize(
    ("name", "options", "sizes_px"),
    [
        ("multipose", ModelOptions(effort=Effort.BEST, people_px=320), [320, 640]),
        ("multipose", ModelOptions(effort=Effort.FAST, people_px=320), [320]),
        ("multipose", ModelOptions("multipose", effort=Effort.BEST, people_px=320), [320]),
        ("thunder", ModelOptions(effort=Effort.BEST, people_px=320), [320]),
    ],
)
def test_people_are_searched_for_at_two_sizes_with_the_best_effort(
    name: str, options: ModelOptions, sizes_px: list[int]
) -> None:
    loaded_px: list[int] = []

    def load_at(people_px: int) -> PoseModel:
        loaded_px.append(people_px)
        return SlowModel()

    with load_at_sizes(options, name, load_at) as loaded:
        assert loaded.name.endswith(", at two sizes") is (len(sizes_px) == 2)
    assert loaded_px == sizes_px
