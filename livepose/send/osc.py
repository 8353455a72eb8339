"""OSC: frames as messages to addresses, in bundles that each fit one packet.

The format is Open Sound Control 1.0 (https://opensoundcontrol.stanford.edu/spec-1_0.html).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from livepose.core.arrays import FloatArray
from livepose.core.frame import PosedFrame
from livepose.core.poses import Poses
from livepose.send.datagrams import DatagramEncoder

LARGEST_BYTES = 1400
"""Of a bundle: with its headers it fits an Ethernet packet (1500 bytes), also within a VPN."""
_HEAD_BYTES, _LENGTH_BYTES = 16, 4
"""The sizes of a bundle's head, and of the length before each of its messages."""


class OscEncoder(DatagramEncoder):
    """Encode frames as bundles, and remember who was seen, to report who is gone."""

    def __init__(self) -> None:
        self._present: frozenset[int] = frozenset()

    def encode(self, posed: PosedFrame) -> Iterable[bytes]:
        rows = rows_by_id(posed.poses)
        gone = self._present - rows.keys()
        self._present = frozenset(rows)
        return bundles((*_head(posed, rows), *_gone(gone), *_people(posed, rows)))

    def goodbye(self) -> Iterable[bytes]:
        gone, self._present = self._present, frozenset()
        return bundles(_gone(gone))


def rows_by_id(poses: Poses) -> dict[int, int]:
    """Return the rows of the people who are sent, by their ids.

    Of people without an id, who would share one address, only the one that scores most is sent.
    """
    best_last = np.argsort(poses.person_score, kind="stable")
    found = {int(poses.track_id[row]): int(row) for row in best_last}
    return dict(sorted(found.items()))


def message(address: str, types: str, *values: float) -> OscMessage:
    """Return one message.

    Args:
        address: such as `/livepose/size`.
        types: one letter for each value: `i` for int32, `f` for float32.
        values: the numbers.

    >>> message("/livepose/size", "ii", 640, 480).params
    [640, 480]
    """
    builder = OscMessageBuilder(address)
    for letter, value in zip(types, values, strict=True):
        builder.add_arg(value, letter)
    return builder.build()


def bundles(messages: Iterable[OscMessage]) -> Iterator[bytes]:
    """Put messages, in their order, into as few bundles as hold them."""
    builder, size_bytes = OscBundleBuilder(IMMEDIATELY), _HEAD_BYTES
    for one in messages:
        size_bytes += _LENGTH_BYTES + one.size
        if size_bytes > LARGEST_BYTES:
            yield builder.build().dgram
            builder = OscBundleBuilder(IMMEDIATELY)
            size_bytes = _HEAD_BYTES + _LENGTH_BYTES + one.size
        builder.add_content(one)
    if size_bytes > _HEAD_BYTES:
        yield builder.build().dgram


def _head(posed: PosedFrame, rows: dict[int, int]) -> Iterator[OscMessage]:
    frame = posed.frame
    yield message("/livepose/frame", "ifi", frame.index, frame.time_s, len(rows))
    yield message("/livepose/size", "ii", frame.width_px, frame.height_px)
    yield message("/livepose/people", "i" * len(rows), *rows)


def _gone(ids: Iterable[int]) -> Iterator[OscMessage]:
    for track_id in sorted(ids):
        yield message(f"/livepose/person/{track_id}/gone", "")


def _people(posed: PosedFrame, rows: dict[int, int]) -> Iterator[OscMessage]:
    values, names = _values(posed), posed.poses.skeleton.names
    for track_id, row in rows.items():
        person = f"/livepose/person/{track_id}"
        for name, point in zip(names, values[row].tolist(), strict=True):
            yield message(f"{person}/{name}", "fffff", *point)
        if posed.angles.names:
            yield from _angles(person, posed, row)


def _values(posed: PosedFrame) -> FloatArray:
    """Return (N, K, 5): x and y in pixels, the score, x and y over the frame's width and height."""
    xy, frame = posed.poses.xy, posed.frame
    size_px = np.array((frame.width_px, frame.height_px), np.float32)
    return np.concatenate((xy, posed.poses.score[..., None], xy / size_px), axis=-1)


def _angles(person: str, posed: PosedFrame, row: int) -> Iterator[OscMessage]:
    degrees = posed.angles.degrees[row]
    for name, value in zip(posed.angles.names, degrees.tolist(), strict=True):
        # NaN, an angle that is not seen, would spoil what receivers compute with it.
        if np.isfinite(value):
            yield message(f"{person}/angle/{name}", "f", value)
