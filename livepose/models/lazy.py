"""A model that is loaded when it is first needed."""

from __future__ import annotations

import logging
from collections.abc import Callable

from livepose.core.errors import LivePoseError
from livepose.core.interfaces import PoseModel
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region

_log = logging.getLogger(__name__)


class OnDemand(PoseModel):
    """Loads a model at the first picture; where it cannot be had, nobody is found, and the log
    says why. To be called by one thread at a time.
    """

    def __init__(self, name: str, max_people: int, load: Callable[[], PoseModel]) -> None:
        self._name = name
        self._max_people = max_people
        self._load = load
        self._loaded: PoseModel | None = None
        self._is_out_of_reach = False

    @property
    def name(self) -> str:
        return self._name

    @property
    def max_people(self) -> int:
        return self._max_people

    def whole(self, width_px: int, height_px: int) -> Region:
        model = self._model()
        return (
            Region.around(width_px, height_px)
            if model is None
            else model.whole(width_px, height_px)
        )

    def find(self, pixels: Pixels, region: Region) -> Poses:
        model = self._model()
        return Poses.empty() if model is None else model.find(pixels, region)

    def close(self) -> None:
        if self._loaded is not None:
            self._loaded.close()

    def _model(self) -> PoseModel | None:
        if self._loaded is None and not self._is_out_of_reach:
            try:
                self._loaded = self._load()
            except LivePoseError as error:
                self._is_out_of_reach = True
                _log.warning("people cannot be told apart here: %s", error)
        return self._loaded
