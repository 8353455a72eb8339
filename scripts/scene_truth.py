"""Compare the people found in a built-in scene with those who are there: MOTA, IDF1, OKS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import inf

import numpy as np
from scipy.optimize import linear_sum_assignment

from livepose.core.arrays import FloatArray
from livepose.core.frame import PosedFrame
from livepose.core.poses import Poses
from livepose.motion.tracking.similarity import oks
from livepose.sources.synthetic.source import SyntheticSource

MATCH_OKS = 0.5
"""A pose that is less similar is not of the person."""
SHOWN_SHARE = 0.5
"""A person of whom less is shown need not be found, and may be."""
MIN_HEIGHT_PX = 60
_BODY_FILL = 0.4
"""The share of a square on a standing body's height that the body fills."""


@dataclass(frozen=True, slots=True)
class FaceFigures:
    """How well the faces of people were hidden of whom at least half is shown."""

    hidden: float = 0.0
    """The share of faces of which no keypoint in the frame is left uncovered."""
    first_hidden_s: float = 0.0
    """The median of the seconds from when half of somebody is shown until their face is hidden."""
    last_hidden_s: float = 0.0
    """The same for the person for whom it takes longest."""


@dataclass(frozen=True, slots=True)
class SceneFigures:
    """How well the people of a scene were found and kept apart; all but counts are 0..1."""

    mota: float
    """1 - (missed + wrong + switches) / people."""
    idf1: float
    """The share of poses and people that belong together, if each person has one id throughout."""
    switches: int
    """How often a person was matched with another id than the last time."""
    switches_in_view: int
    """Those of people who had not left the frame in between."""
    mean_oks: float
    """Of the poses that are matched."""
    mean_error_px: float
    """The mean distance of their keypoints from the truth."""
    worst_found: float
    """The share of frames in which a person is found, for the one who is missed most."""
    found_by_id: Mapping[int, float]
    """That share for each person, by their true id."""
    faces: FaceFigures = FaceFigures()
    """Whether `--blur-faces` hides the faces that can be seen."""


class SceneComparison:
    """Compares frame by frame, and adds up.

    A person counts where at least half of them is shown and they are at least 60 px tall. Others
    may be found: the pose that is matched with one of them is neither right nor wrong.
    """

    def __init__(self) -> None:
        self._people = self._missed = self._wrong = self._switches = self._in_view = 0
        self._poses = 0
        self._similar: list[float] = []
        self._errors_px: list[float] = []
        self._pairs: Counter[tuple[int, int]] = Counter()
        self._shown: Counter[int] = Counter()
        self._found: Counter[int] = Counter()
        self._last_id: dict[int, int] = {}
        self._has_left: set[int] = set()

    def add(self, truth: Poses, shown: Mapping[int, float], poses: Poses) -> None:
        """Compare one frame.

        Args:
            truth: Who is there.
            shown: Which share of each of them is shown, by id.
            poses: Who was found.
        """
        height_px = truth.box[:, 3] - truth.box[:, 1]
        in_frame = (truth.score > 0).mean(axis=1)
        ids = truth.track_id.tolist()
        must = [
            shown[n] >= SHOWN_SHARE and height >= MIN_HEIGHT_PX
            for n, height in zip(ids, height_px.tolist(), strict=True)
        ]
        self._has_left |= {n for n, share in shown.items() if share == 0 and n not in ids}
        self._has_left |= {n for n, share in zip(ids, in_frame, strict=True) if share < 0.2}
        similar = oks(truth.xy, truth.score > 0, _BODY_FILL * height_px**2, poses.xy)
        matched: dict[int, int] = {}
        if similar.size:
            # Those who must be found come first: nobody behind them takes their pose.
            order = similar * (similar >= MATCH_OKS) * np.where(must, 1.0, 0.3)[:, None]
            rows, columns = linear_sum_assignment(order, maximize=True)
            matched = {
                int(row): int(column)
                for row, column in zip(rows, columns, strict=True)
                if similar[row, column] >= MATCH_OKS
            }
        for row, track_id in enumerate(ids):
            if must[row]:
                self._add_person(track_id, row, matched, similar, poses)
                if row in matched:
                    apart_px = np.linalg.norm(truth.xy[row] - poses.xy[matched[row]], axis=1)
                    self._errors_px += apart_px[truth.score[row] > 0].tolist()
        may = sum(not must[row] for row in matched)
        self._wrong += len(poses) - len(matched)
        self._poses += len(poses) - may

    def _add_person(
        self,
        track_id: int,
        row: int,
        matched: Mapping[int, int],
        similar: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
        poses: Poses,
    ) -> None:
        self._people += 1
        self._shown[track_id] += 1
        if row not in matched:
            self._missed += 1
            return
        found_id = int(poses.track_id[matched[row]])
        self._similar.append(float(similar[row, matched[row]]))
        self._found[track_id] += 1
        self._pairs[track_id, found_id] += 1
        if self._last_id.get(track_id, found_id) != found_id:
            self._switches += 1
            self._in_view += track_id not in self._has_left
        self._last_id[track_id] = found_id
        self._has_left.discard(track_id)

    def figures(self) -> SceneFigures:
        """Return the figures of all frames so far."""
        true_ids = sorted({true_id for true_id, _ in self._pairs})
        found_ids = sorted({found_id for _, found_id in self._pairs})
        counts = np.array([[self._pairs[a, b] for b in found_ids] for a in true_ids])
        right = 0
        if counts.size:
            right = int(counts[linear_sum_assignment(counts, maximize=True)].sum())
        found = {n: self._found[n] / count for n, count in sorted(self._shown.items())}
        errors = self._missed + self._wrong + self._switches
        return SceneFigures(
            mota=1 - errors / max(self._people, 1),
            idf1=2 * right / max(self._people + self._poses, 1),
            switches=self._switches,
            switches_in_view=self._in_view,
            mean_oks=float(np.mean(self._similar)) if self._similar else 0.0,
            mean_error_px=float(np.mean(self._errors_px)) if self._errors_px else 0.0,
            worst_found=min(found.values(), default=0.0),
            found_by_id=found,
        )


class FaceComparison:
    """Compares the discs that hide faces with where faces are, and adds up."""

    def __init__(self, size_px: tuple[int, int]) -> None:
        self._size_px = size_px
        self._faces = self._hidden = 0
        self._shown_s: dict[int, float] = {}
        self._hidden_s: dict[int, float] = {}

    def add(
        self, truth: Poses, shown: Mapping[int, float], discs: FloatArray, time_s: float
    ) -> None:
        """Compare one frame.

        Args:
            truth: Who is there.
            shown: Which share of each of them is shown, by id.
            discs: (F, 3): x, y and radius of what is hidden, in pixels.
            time_s: Of the frame.
        """
        face = list(truth.skeleton.groups["face"])
        for row, track_id in enumerate(truth.track_id.tolist()):
            xy = truth.xy[row, face]
            xy = xy[(truth.score[row, face] > 0) & ((xy >= 0) & (xy < self._size_px)).all(axis=1)]
            if shown[track_id] < SHOWN_SHARE or not len(xy):
                continue
            away_px = np.linalg.norm(xy[:, None] - discs[:, :2], axis=2)
            is_hidden = bool((away_px <= discs[:, 2]).any(axis=1).all())
            self._faces += 1
            self._hidden += is_hidden
            self._shown_s.setdefault(track_id, time_s)
            if is_hidden:
                self._hidden_s.setdefault(track_id, time_s)

    def figures(self) -> FaceFigures:
        """Return the figures of all frames so far."""
        late_s = [self._hidden_s.get(n, inf) - shown_s for n, shown_s in self._shown_s.items()]
        if not late_s:
            return FaceFigures()
        return FaceFigures(self._hidden / self._faces, float(np.median(late_s)), max(late_s))


def compare(source: SyntheticSource, results: Iterable[PosedFrame]) -> SceneFigures:
    """Compare the results of a scene with the truth."""
    comparison = SceneComparison()
    faces = FaceComparison((source.info.width_px, source.info.height_px))
    for posed in results:
        time_s = posed.frame.time_s
        truth, shown = source.truth(time_s), source.shown(time_s)
        comparison.add(truth, shown, posed.poses)
        faces.add(truth, shown, posed.overlays.faces, time_s)
    return replace(comparison.figures(), faces=faces.figures())
