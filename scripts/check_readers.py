"""Check that OpenSim and Pose2Sim read what livepose writes for them, with the same numbers.

    python scripts/check_readers.py [--venv FOLDER]

They are installed from PyPI into an environment of their own (1 GB), which is deleted afterwards
unless a folder is given for it. This same script writes the files here and reads them there.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import math
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LIGHT = (
    "opensim", "pandas", "rtoml", "anytree", "c3d", "matplotlib", "scipy", "tqdm",
    "opencv-python-headless", "pyarrow",
)  # fmt: skip
"""OpenSim, and what Pose2Sim's readers import; all of its requirements are three times as large."""
ANGLES = ("left_knee", "right_knee")
FRAMES = ((1,), (1, 2), (2,), (1, 2), ())
"""Who is seen in each frame."""
# The environment that reads has no livepose: there, COCO's keypoints have to be numbers.
UNSEEN = 3
"""The keypoint that is hidden for everybody: the left ear."""
LEFT_KNEE, RIGHT_ANKLE = 13, 16
KEYPOINT_COUNT = 17
MARKER_COUNT = KEYPOINT_COUNT + 2
"""With the middles of the shoulders and of the hips."""
FRAME_S = 1001 / 30000
CLIP = "walk"
REP_S = 2.25
"""When the only repetition starts."""


def place(person: int, keypoint: int, frame: int) -> tuple[float, float]:
    """Return where a keypoint is, in pixels."""
    return 100 * person + keypoint + frame / 4, 20 * keypoint + person / 2


def knee_degrees(person: int, frame: int) -> float:
    return 90.5 + 10 * person + frame


def write(folder: Path) -> None:
    """Write the files with livepose."""
    from fractions import Fraction

    from livepose.core.frame import StreamInfo
    from livepose.export import RecordingMetadata, open_exporter

    info = StreamInfo(f"{CLIP}.mp4", 640, 480, False, Fraction(30000, 1001), path=Path(CLIP))
    recording = RecordingMetadata(info, "by hand", angle_names=ANGLES)
    for name, height_m in (
        ("walk_px.trc", None), ("walk.trc", None), ("m.trc", 1.7), ("angles.mot", None),
        ("walk_json", None), ("walk.csv", None), ("walk.wide.csv", None), ("walk.angles.csv", None),
        ("walk.reps.csv", None), ("walk.parquet", None),
    ):  # fmt: skip
        with open_exporter(
            folder / name, recording, height_m=height_m, csv_header=True
        ) as exporter:
            for index, people in enumerate(FRAMES):
                exporter.write(_posed(index, people))


def _posed(index: int, people: Sequence[int]) -> Any:
    import dataclasses

    import numpy as np

    from livepose.core.angles import Angles
    from livepose.core.frame import Frame, PosedFrame
    from livepose.core.poses import Poses
    from livepose.core.region import Region
    from livepose.core.repetitions import Repetition

    count = len(people)
    keypoints = range(KEYPOINT_COUNT)
    xy = [[place(person, keypoint, index) for keypoint in keypoints] for person in people]
    score = np.full((count, KEYPOINT_COUNT), 0.9, np.float32)
    score[:, UNSEEN] = 0
    found = (
        Poses.from_keypoints(np.array(xy, np.float32).reshape(count, KEYPOINT_COUNT, 2), score)
        if people
        else Poses.empty()
    )
    degrees = [(knee_degrees(person, index), math.nan) for person in people]
    return PosedFrame(
        frame=Frame.from_bgr(np.zeros((2, 2, 3), np.uint8), index, index * FRAME_S),
        poses=dataclasses.replace(found, track_id=np.array(people, np.int32)),
        region=Region.letterbox(640, 480),
        inference_s=0.0,
        angles=Angles(ANGLES, np.array(degrees, np.float32).reshape(count, 2)),
        repetitions=(Repetition(1, REP_S, REP_S + 0.7, 101.5, REP_S, REP_S + 0.5, number=1),)
        if index >= 3
        else (),
    )


def read(folder: Path) -> None:
    """Read the files with OpenSim's and Pose2Sim's readers."""
    logging.disable(logging.WARNING)
    for check in (
        _opensim_reads_markers,
        _opensim_reads_angles,
        _pose2sim_reads_markers,
        _pose2sim_reads_angles,
        _pose2sim_reads_openpose,
        _pandas_reads_tables,
    ):
        check(folder)
        print(f"ok: {check.__name__.strip('_').replace('_', ' ')}")


def _same(found: Sequence[float], wanted: Sequence[float], slack: float = 1e-3) -> None:
    for one, other in zip(found, wanted, strict=True):
        is_same = math.isnan(one) if math.isnan(other) else abs(one - other) <= slack
        assert is_same, f"{list(found)} is not {list(wanted)}"


def _wanted(person: int, keypoint: int, frame: int) -> tuple[float, float, float]:
    if person not in FRAMES[frame] or keypoint == UNSEEN:
        return (math.nan,) * 3
    return (*place(person, keypoint, frame), 0.0)


def _opensim_reads_markers(folder: Path) -> None:
    opensim = importlib.import_module("opensim")
    for person, name, first in ((1, "walk_px.trc", 0), (2, "walk_px_person2.trc", 1)):
        table = opensim.TimeSeriesTableVec3(str(folder / name))
        assert table.getColumnLabels()[LEFT_KNEE] == "LKnee"
        assert table.getTableMetaDataString("Units") == "px"
        assert table.getNumRows() == 4 - first
        _same(table.getIndependentColumn(), [n * FRAME_S for n in range(first, 4)], 1e-6)
        for row in range(table.getNumRows()):
            markers = table.getRowAtIndex(row)
            for keypoint in range(KEYPOINT_COUNT):
                values = [markers[keypoint].get(axis) for axis in range(3)]
                _same(values, _wanted(person, keypoint, first + row))
    for name in ("walk.trc", "walk_person2.trc", "m.trc"):
        reference = opensim.MarkersReference()
        reference.initializeFromMarkersFile(str(folder / name), opensim.SetMarkerWeights())
        assert reference.getNumRefs() == MARKER_COUNT
    metres = opensim.TimeSeriesTableVec3(str(folder / "m.trc"))
    assert metres.getTableMetaDataString("Units") == "m"
    markers = metres.getRowAtIndex(0)
    assert abs(markers[RIGHT_ANKLE].get(1)) < 1e-4, "the ankle stands at 0"
    assert markers[0].get(1) > 1, "the nose is above a metre"


def _opensim_reads_angles(folder: Path) -> None:
    opensim = importlib.import_module("opensim")
    table = opensim.TimeSeriesTable(str(folder / "angles.mot"))
    assert tuple(table.getColumnLabels()) == ANGLES
    assert table.getTableMetaDataString("inDegrees") == "yes"
    seen = [knee_degrees(1, n) if 1 in FRAMES[n] else math.nan for n in range(4)]
    _same(table.getDependentColumn("left_knee").to_numpy(), seen)
    _same(table.getDependentColumn("right_knee").to_numpy(), [math.nan] * 4)


def _pose2sim_reads_markers(folder: Path) -> None:
    common = importlib.import_module("Pose2Sim.common")
    data, frames, times_s, markers, header = common.read_trc(str(folder / "walk_px.trc"))
    assert len(header) == 5
    assert list(frames) == [0, 1, 2, 3]
    _same(list(times_s), [n * FRAME_S for n in range(4)], 1e-6)
    assert markers[:3] == ["Nose", "LEye", "REye"]
    for frame in range(4):
        for keypoint in range(KEYPOINT_COUNT):
            values = data.iloc[frame, 3 * keypoint : 3 * keypoint + 3]
            _same(list(values), _wanted(1, keypoint, frame))
    names, numbers = common.extract_trc_data(str(folder / "walk_px.trc"))
    assert len(names) == MARKER_COUNT
    assert numbers.shape == (4, 1 + 3 * MARKER_COUNT)


def _pose2sim_reads_angles(folder: Path) -> None:
    common = importlib.import_module("Pose2Sim.common")
    data, times_s, header = common.read_mot(str(folder / "angles_person2.mot"))
    assert header[-1].strip() == "endheader"
    assert tuple(data.columns) == ANGLES
    _same(list(times_s), [n * FRAME_S for n in range(1, 4)], 1e-6)
    _same(list(data["left_knee"]), [knee_degrees(2, n) for n in range(1, 4)])


def _pose2sim_reads_openpose(folder: Path) -> None:
    association = importlib.import_module("Pose2Sim.personAssociation")
    triangulation = importlib.import_module("Pose2Sim.triangulation")
    skeletons = importlib.import_module("Pose2Sim.skeletons")
    nodes = (skeletons.COCO, *skeletons.COCO.descendants)
    number_of = {node.name: node.id for node in nodes if node.id is not None}
    for frame, people in enumerate(FRAMES):
        path = str(folder / "walk_json" / f"{CLIP}_{frame:012d}_keypoints.json")
        assert len(association.read_json(path)) == len(people)
        wanted = [number_of["LKnee"], number_of["RAnkle"]]
        xs, ys, scores = triangulation.extract_files_frame_f([path], wanted, len(people))
        for row, person in enumerate(people):
            for column, keypoint in enumerate((LEFT_KNEE, RIGHT_ANKLE)):
                values = (xs[row, 0, column], ys[row, 0, column], scores[row, 0, column])
                _same(values, (*place(person, keypoint, frame), 0.9))


def _pandas_reads_tables(folder: Path) -> None:
    pandas = importlib.import_module("pandas")
    columns = ["frame", "time_s", "person", "keypoint", "x", "y", "score"]
    tables = [pandas.read_csv(folder / "walk.csv", comment="#")[columns]]
    tables.append(pandas.read_parquet(folder / "walk.parquet")[columns])
    for table in tables:
        assert len(table) == KEYPOINT_COUNT * sum(map(len, FRAMES))
        row = table[(table["frame"] == 1) & (table["person"] == 2)].iloc[LEFT_KNEE]
        assert row["keypoint"] == "left_knee"
        _same([row["x"], row["y"]], place(2, LEFT_KNEE, 1), 0.01)
        _same([row["time_s"]], [FRAME_S], 1e-6)
    wide = pandas.read_csv(folder / "walk.wide.csv", comment="#")
    _same([wide["left_knee_degrees"][0]], [knee_degrees(1, 0)])
    angles = pandas.read_csv(folder / "walk.angles.csv", comment="#")
    _same(list(angles["degrees"][:2]), [knee_degrees(1, 0), math.nan])
    (repetition,) = pandas.read_csv(folder / "walk.reps.csv", comment="#").to_dict("records")
    _same([repetition["start_s"], repetition["turn_deg"]], [REP_S, 101.5])
    metadata = importlib.import_module("pyarrow.parquet").read_schema(folder / "walk.parquet")
    assert metadata.metadata[b"unit"] == b"px"


@contextmanager
def _environment(folder: Path | None) -> Iterator[Path]:
    """Yield the Python of an environment with the readers."""
    with tempfile.TemporaryDirectory() as temporary:
        home = folder or Path(temporary)
        python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        if not python.exists():
            venv.create(home, with_pip=True)
            pip = [str(python), "-m", "pip", "install", "--quiet"]
            subprocess.run([*pip, *LIGHT], check=True)
            subprocess.run([*pip, "--no-deps", "pose2sim"], check=True)
        yield python


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--venv", type=Path, help="keep the environment here, or use the one there")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read is not None:
        read(options.read)
        return
    with _environment(options.venv) as python, tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        subprocess.run([str(python), __file__, "--read", folder], check=True, cwd=folder)


if __name__ == "__main__":
    main()
