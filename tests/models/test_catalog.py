"""The catalog: the known models, and what a new one needs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from livepose.core.errors import OptionError
from livepose.core.pixels import BgrPixels
from livepose.core.skeleton import Skeleton
from livepose.models import load_model
from livepose.models.catalog import CATALOG, LIGHTNING, MULTIPOSE, THUNDER, ModelSpec, get_spec
from livepose.models.files.cache import ModelCache
from livepose.models.files.resolve import resolve
from tests.support.litert_graphs import INPUT, OUTPUT, add_operator, empty_graph
from tests.support.models import put_model

TRIANGLE = Skeleton(
    names=("nose", "left_hip", "right_hip"),
    bones=((0, 1), (0, 2)),
    oks_sigmas=(0.026, 0.107, 0.107),
)


def first_pixels_network(folder: Path) -> bytes:
    """Return a LiteRT file whose (1, 1, 3, 3) output is the first three pixels of its input."""
    graph = empty_graph(folder, (1, 32, 32, 3))
    begin, size = (graph.add_constant(np.array(a, np.int32)) for a in ((0, 0, 0, 0), (1, 1, 3, 3)))
    add_operator(graph, "SLICE", [INPUT, begin, size], OUTPUT)
    graph.set_shape(OUTPUT, (1, 1, 3, 3))
    return graph.content()


def test_the_catalog_has_two_models_of_one_person_and_one_of_several() -> None:
    assert CATALOG == {"lightning": LIGHTNING, "thunder": THUNDER, "multipose": MULTIPOSE}
    assert [name for name in CATALOG if resolve(name).max_people > 1] == ["multipose"]


@pytest.mark.parametrize("name", ["lightening", "Lightning", "movenet", "4"])
def test_an_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    for look_up in (get_spec, resolve):
        with pytest.raises(OptionError, match="lightning, thunder") as caught:
            look_up(name)
        assert repr(name) in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1


def test_a_new_model_is_one_entry_and_may_have_another_skeleton(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "https://tfhub.dev/somebody/triangle/1"
    spec = ModelSpec("triangle", "for tests", url, skeleton=TRIANGLE)
    monkeypatch.setitem(CATALOG, "triangle", spec)
    assert resolve("triangle").spec is resolve(url).spec is spec
    put_model(ModelCache(), "triangle", first_pixels_network(tmp_path), origin="tfhub")
    with load_model("triangle", "litert") as model:
        assert model.name == "triangle on LiteRT"
        assert model.skeleton is TRIANGLE
        bgr = np.zeros((32, 32, 3), np.uint8)
        bgr[0, 1] = (7, 2, 1)  # In RGB order: y = 1, x = 2, score = 7.
        poses = model.estimate(BgrPixels(bgr), model.full_frame_region(32, 32))
    assert poses.skeleton is TRIANGLE
    assert poses.xy[0].tolist() == [[0, 0], [64, 32], [0, 0]]
    assert poses.score[0].tolist() == [0, 7, 0]
