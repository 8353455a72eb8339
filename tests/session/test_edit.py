"""`livepose edit` in a real window, under Xvfb: from a drag to every export, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson

from livepose.core.skeleton import Keypoint
from livepose.export.jsonl_reader import open_pose_file
from livepose.session.options import (
    DataOptions,
    Options,
    OutputOptions,
    PeopleOptions,
    Smooth,
    SourceOptions,
)
from livepose.session.run import run
from tests.support.dance import place_in_dance, save_dance
from tests.support.media import number_of
from tests.support.needs import needs_xvfb
from tests.support.screen import Screen
from tests.support.viewer import ViewerProcess, still_screenshot
from tests.support.waiting import wait_for

pytestmark = needs_xvfb

SAVED = ("poses.jsonl", "poses.csv", "poses.wide.csv", "poses.coco.json", "poses.trc")


def rendered(folder: Path, poses: str) -> dict[str, bytes]:
    """Save poses again in several formats, and return the files."""
    target = folder / f"from-{poses}"
    target.mkdir()
    saved = tuple(target / name for name in SAVED)
    options = Options(
        SourceOptions(video=str(folder / "clip.mp4")),
        OutputOptions(show=False),
        people=PeopleOptions(smooth=Smooth.KEEP),
        data=DataOptions(save=saved),
        poses=open_pose_file(folder / poses),
    )
    run(options)
    return {path.name: path.read_bytes() for path in target.iterdir()}


def test_a_drag_is_in_every_export_and_undone_it_is_in_none(tmp_path: Path) -> None:
    save_dance(tmp_path)
    before = (tmp_path / "poses.jsonl").read_bytes()
    x_px, y_px = place_in_dance(Keypoint.LEFT_WRIST, 2)
    target = tmp_path / "edited.jsonl"
    words = ("edit", "clip.mp4", "poses.jsonl", "-o", "edited.jsonl")
    with Screen() as screen, ViewerProcess(screen, tmp_path, *words) as viewer:
        window = viewer.window
        for key, number in (("End", 14), ("Home", 0), ("Right", 1), ("Right", 2)):
            window.press(key)
            wait_for(lambda: number_of(window.picture()) == number, f"{key}")  # noqa: B023
        released = (slice(y_px - 55, y_px - 25), slice(x_px + 45, x_px + 75))
        bare = window.picture()[released]
        window.drag((x_px, y_px), (x_px + 60, y_px - 40))
        wait_for(lambda: not np.array_equal(window.picture()[released], bare), "the point")
        dragged = still_screenshot(window)[released]
        window.press("s")
        wait_for(target.exists, "the edited file")
        edited = target.read_bytes()
        window.press("z")
        wait_for(lambda: not np.array_equal(window.picture()[released], dragged), "undoing")
        window.press("q")
        code, errors = viewer.result()
    assert (code, errors.splitlines()[-1]) == (0, "wrote edited.jsonl")
    assert target.read_bytes() == before
    changed = orjson.loads(edited.splitlines()[3])["people"][0]
    place = [x_px + 60.0, y_px - 40.0, 1.0]
    assert changed["keypoints"][Keypoint.LEFT_WRIST] == place
    assert changed["edited"] == ["left_wrist"]
    (tmp_path / "dragged.jsonl").write_bytes(edited)
    files = rendered(tmp_path, "dragged.jsonl")
    assert files["poses.jsonl"] == edited
    row = f"2,2,0.066667,1,left_wrist,{place[0]:.2f},{place[1]:.2f},1.0000,0,1"
    assert row in files["poses.csv"].decode().splitlines()
    plain = rendered(tmp_path, "poses.jsonl")
    assert plain["poses.jsonl"] == before
    for name in files:
        assert files[name] != plain[name], name
