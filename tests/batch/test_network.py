"""What --resume knows the networks of a batch by: the detector of several people is one of them."""

from __future__ import annotations

import pytest

from livepose.batch.network import find_network
from livepose.models import RuntimeName
from livepose.models.catalog import MULTIPOSE
from livepose.session.options import ModelOptions, PeopleOptions
from tests.support.models import warm_cache
from tests.support.needs import needs_shared

pytestmark = needs_shared


def test_the_network_that_searches_for_several_people_is_known_too(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))
    litert = ModelOptions("lightning", runtime=RuntimeName.LITERT)
    alone = find_network(litert, PeopleOptions(max_people=1))
    several = find_network(litert, PeopleOptions(max_people=2))
    assert several.hashes[:1] == alone.hashes and len(several.hashes) == 2
    assert dict(MULTIPOSE.hub_files)["saved_model.pb"] in several.hashes[1]
    only_multipose = ModelOptions("multipose", runtime=RuntimeName.LITERT)
    assert find_network(only_multipose, PeopleOptions()).hashes == several.hashes[1:]
