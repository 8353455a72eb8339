"""OSC: a frame as messages to addresses, in bundles that each fit one packet.

The format is Open Sound Control 1.0 (https://opensoundcontrol.stanford.edu/spec-1_0.html). It is
written here with `struct`: a person is 18 messages and more, and building them with python-osc,
whose bundles read back what they are made of, takes about eight times as long.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.frame import PosedFrame
from livepose.core.poses import Poses
from livepose.core.skeleton import KEYPOINT_NAMES
from livepose.send.datagrams import Datagrams

LARGEST_BYTES = 1400
"""Of a bundle: with its headers it fits one packet of Ethernet (1500), also within a VPN."""
_BUNDLE = b"#bundle\0" + struct.pack(">Q", 1)
"""A bundle's beginning, with the time tag for "at once"."""


class OscDatagrams(Datagrams):
    """Frames as bundles; remembers who was there, to tell who has gone."""

    def __init__(self) -> None:
        self._present: frozenset[int] = frozenset()

    def of(self, posed: PosedFrame) -> Iterable[bytes]:
        rows = rows_by_id(posed.poses)
        gone = self._present - rows.keys()
        self._present = frozenset(rows)
        return bundles((*_head(posed, rows), *_gone(gone), *_people(posed, rows)))

    def farewell(self) -> Iterable[bytes]:
        gone, self._present = self._present, frozenset()
        return bundles(_gone(gone))


def rows_by_id(poses: Poses) -> dict[int, int]:
    """Give the rows of the people that are sent, by their ids.

    Of people without an id, who would all have the same address, it is the surest one alone.
    """
    surest_last = np.argsort(poses.person_score, kind="stable")
    found = {int(poses.track_id[row]): int(row) for row in surest_last}
    return dict(sorted(found.items()))


def message(address: str, types: str, *values: float) -> bytes:
    """Write one message.

    Args:
        address: such as `/livepose/size`.
        types: a letter for each value: `i` for int32, `f` for float32.
        values: as many.
    """
    return _address_and_types(address, types) + struct.pack(">" + types, *values)


def bundles(messages: Iterable[bytes]) -> Iterator[bytes]:
    """Put messages, in their order, into as few bundles as hold them."""
    bundle = _BUNDLE
    for one in messages:
        element = struct.pack(">i", len(one)) + one
        if len(bundle) + len(element) > LARGEST_BYTES:
            yield bundle
            bundle = _BUNDLE
        bundle += element
    if bundle != _BUNDLE:
        yield bundle


def _head(posed: PosedFrame, rows: dict[int, int]) -> Iterator[bytes]:
    frame = posed.frame
    yield message("/livepose/frame", "ifi", frame.index, frame.time_s, len(rows))
    yield message("/livepose/size", "ii", frame.width_px, frame.height_px)
    yield message("/livepose/people", "i" * len(rows), *rows)


def _gone(ids: Iterable[int]) -> Iterator[bytes]:
    for track_id in sorted(ids):
        yield message(f"/livepose/person/{track_id}/gone", "")


def _people(posed: PosedFrame, rows: dict[int, int]) -> Iterator[bytes]:
    values = _values(posed)
    for track_id, row in rows.items():
        person = f"/livepose/person/{track_id}"
        for name, point in zip(KEYPOINT_NAMES, values[row].tolist(), strict=True):
            yield message(f"{person}/{name}", "fffff", *point)
        if posed.angles.names:
            yield from _angles(person, posed, row)


def _values(posed: PosedFrame) -> FloatArray:
    """(N, 17, 5): x and y in pixels, the score, x and y as shares of the picture's size."""
    xy, frame = posed.poses.xy, posed.frame
    size_px = np.array((frame.width_px, frame.height_px), np.float32)
    return np.concatenate((xy, posed.poses.score[..., None], xy / size_px), axis=-1)


def _angles(person: str, posed: PosedFrame, row: int) -> Iterator[bytes]:
    degrees = posed.angles.degrees[row]
    for name, value in zip(posed.angles.names, degrees.tolist(), strict=True):
        # NaN is an angle that cannot be seen, and poison to what computes with it.
        if np.isfinite(value):
            yield message(f"{person}/angle/{name}", "f", value)


@lru_cache(maxsize=4096)
def _address_and_types(address: str, types: str) -> bytes:
    return _padded(address) + _padded("," + types)


def _padded(text: str) -> bytes:
    """Write a string as OSC does: ended by a zero, and by more up to a multiple of four."""
    data = text.encode("ascii")
    return data + bytes(4 - len(data) % 4)
