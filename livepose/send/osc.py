"""OSC: frames as messages to addresses, in bundles that each fit one packet.

The format is Open Sound Control 1.0 (https://opensoundcontrol.stanford.edu/spec-1_0.html).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import count

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
    """Encode frames as bundles, and remember who was seen, to report who is gone.

    Everybody is sent twice: under the id, which is never used again, and under a slot. A person
    takes the lowest slot that is free and keeps it while they are there; then it is free for the
    next one.
    """

    def __init__(self) -> None:
        self._slots: dict[int, int] = {}

    def encode(self, posed: PosedFrame) -> Iterable[bytes]:
        rows = rows_by_id(posed.poses)
        before, self._slots = self._slots, assign_slots(self._slots, rows)
        gone = {key: slot for key, slot in before.items() if key not in rows}
        freed = set(gone.values()) - set(self._slots.values())
        return bundles(
            (
                *_head(posed, rows),
                *_gone("person", gone),
                *_gone("slot", freed),
                *_people(posed, rows, self._slots),
            )
        )

    def goodbye(self) -> Iterable[bytes]:
        before, self._slots = self._slots, {}
        return bundles((*_gone("person", before), *_gone("slot", before.values())))


def assign_slots(before: Mapping[int, int], ids: Iterable[int]) -> dict[int, int]:
    """Return the slot of each person by id, counted from 1.

    >>> assign_slots({4: 1, 5: 2, 6: 3}, ids=[5, 6, 7])  # 4 has gone, and 7 has come
    {5: 2, 6: 3, 7: 1}

    Args:
        before: Those of the frame before.
        ids: Who is there now.
    """
    ids = sorted(ids)
    slots = {key: before[key] for key in ids if key in before}
    for key in ids:
        if key not in slots:
            slots[key] = next(slot for slot in count(1) if slot not in slots.values())
    return slots


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
        address: Such as `/livepose/size`.
        types: One letter for each value: `i` for int32, `f` for float32.
        values: The numbers.

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


def _gone(kind: str, numbers: Iterable[int]) -> Iterator[OscMessage]:
    for number in sorted(numbers):
        yield message(f"/livepose/{kind}/{number}/gone", "")


def _people(posed: PosedFrame, rows: dict[int, int], slots: dict[int, int]) -> Iterator[OscMessage]:
    xy, frame = posed.poses.xy, posed.frame
    size_px = np.array((frame.width_px, frame.height_px), np.float32)
    # (N, K, 5): x and y in pixels, the score, x and y over the frame's width and height.
    values = np.concatenate((xy, posed.poses.score[..., None], xy / size_px), axis=-1)
    for track_id, row in rows.items():
        yield from _person(f"/livepose/person/{track_id}", posed, values, row)
    for track_id, slot in sorted(slots.items(), key=lambda item: item[1]):
        yield message(f"/livepose/slot/{slot}/id", "i", track_id)
        yield from _person(f"/livepose/slot/{slot}", posed, values, rows[track_id])


def _person(prefix: str, posed: PosedFrame, values: FloatArray, row: int) -> Iterator[OscMessage]:
    names = posed.poses.skeleton.names
    for name, point in zip(names, values[row].tolist(), strict=True):
        yield message(f"{prefix}/{name}", "fffff", *point)
    if posed.angles.names:
        yield from _angles(prefix, posed, row)


def _angles(person: str, posed: PosedFrame, row: int) -> Iterator[OscMessage]:
    degrees = posed.angles.degrees[row]
    for name, value in zip(posed.angles.names, degrees.tolist(), strict=True):
        # NaN, an angle that is not seen, would spoil what receivers compute with it.
        if np.isfinite(value):
            yield message(f"{person}/angle/{name}", "f", value)
