"""Damage recordings (.jsonl) and read them: what is wrong is said with its line and field."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

from fault_sections.section import Outcome, Trial
from livepose.core.errors import SourceError
from livepose.export.jsonl_reader import open_pose_file, read_records

_VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 5, 1.5, 10**30, -(10**30), 1e308, "", "x", "1/0", "\x1b[31m", "9" * 5000),
    *([], [1], [[1, 2, 3]], {}, {"x": 1}, ["nose"] * 17, [None] * 17, [[0, 0, 0]] * 17),
)


def run(trial: Trial, outcome: Outcome) -> None:
    """Replace a value, or damage bytes, of a recording."""
    lines = _recording()
    whole = "\n".join(map(json.dumps, lines)).encode() + b"\n"
    path = trial.folder / "poses.jsonl"
    for number in range(trial.count(2000, 20_000)):
        seed = trial.random.randrange(1 << 32)
        damaged = _with_other_value(lines, Random(seed)) if number % 2 else _bytes(whole, seed)
        path.write_bytes(damaged)
        outcome.add(f"recording {number} (seed {seed})", failure=_misbehaviour(path))


def _misbehaviour(path: Path) -> str:
    try:
        for record in read_records(open_pose_file(path)):
            assert record.poses.xy.shape == (len(record.poses), 17, 2)
    except SourceError as error:
        is_located = "in line" in str(error) or "recording of livepose" in str(error)
        return "" if is_located or "version" in str(error) else f"no line is named: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _with_other_value(lines: list[Any], chance: Random) -> bytes:
    copy = json.loads(json.dumps(lines))
    place: Any = copy
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = chance.choice(keys)
        inner = place[key]
        if place is not copy and (chance.random() < 0.4 or not isinstance(inner, (dict, list))):
            break
        if not inner:
            break
        place = inner
    if chance.random() < 0.2:
        del place[key]
    else:
        place[key] = chance.choice(_VALUES)
    return "\n".join(map(json.dumps, copy)).encode() + b"\n"


def _bytes(whole: bytes, seed: int) -> bytes:
    chance, content = Random(seed), bytearray(whole)
    start, length = chance.randrange(len(content)), chance.randrange(1, 40)
    content[start : start + length] = chance.choice(
        (b"", bytes(length), chance.randbytes(length), b"\n", b'"', b"[" * 3000)
    )
    return bytes(content)


def _recording() -> list[Any]:
    """Return the lines of a recording of two frames, with one person in each."""
    from livepose.core.skeleton import COCO_SKELETON

    points = [[float(10 * n), float(5 * n), 0.9] for n in range(len(COCO_SKELETON))]
    found = {"score": 0.9, "box": [0.0, 0.0, 100.0, 100.0], "keypoints": points}
    person = {**found, "raw": [point[:2] for point in points], "id": 1, "swapped": ["nose"]}
    person["angles"] = {"left_knee": 12.5}
    source = {
        **{"name": "clip.mp4", "width_px": 640, "height_px": 480, "is_live": False},
        **{"frame_rate": "30", "frame_count": 2, "time_base": "1/30", "origin_s": 0.0},
        "path": "clip.mp4",
    }
    header = {
        **{"livepose": 1, "source": source, "model": "lightning", "model_sha256": ""},
        **{"settings": {"start_s": 0.0, "smooth": "none"}, "angles": ["left_knee"]},
        "keypoints": list(COCO_SKELETON.names),
    }
    frames = [
        {
            **{"frame": n, "source_frame": n, "time_s": n / 30, "size": [640, 480]},
            **{"region": [0, -80, 640, 640, 0], "inference_s": 0.01, "survey": False},
            **{"following": "everybody", "begins_scene": n == 0, "people": [person]},
            **{"found": [found], "utc": "2026-01-01T00:00:00.000Z"},
        }
        for n in range(2)
    ]
    return [header, *frames]
