"""Walk through the packets of an ASF file (.wmv), which carry parts of numbered objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_PACKET_START = b"\x82\0\0"
"""Error correction data, which each packet begins with."""
_FIELD_BYTES = (0, 1, 2, 4)
_COMPRESSED = 1
"""The length of the replicated data of a payload that holds several whole objects."""


@dataclass(frozen=True, slots=True)
class _Payload:
    """A part of an object, such as a frame."""

    stream: int
    number: int
    numbers: int
    """How many numbers there are, before they begin with 0 again."""
    offset: int
    length: int
    object_bytes: int
    time: int
    """When the object is shown, in milliseconds."""


class _Fields:
    """Reads little-endian numbers, one after the other."""

    def __init__(self, packet: bytes, offset: int) -> None:
        self._packet = packet
        self.offset = offset

    def number(self, length: int) -> int:
        """Read a number of this many bytes."""
        end = self.offset + length
        if end > len(self._packet):
            raise IndexError("the packet ends before that")
        value = int.from_bytes(self._packet[self.offset : end], "little")
        self.offset = end
        return value


def walk_asf(content: mmap) -> Iterator[int]:
    """Yield in how many places packets are broken, or parts of objects are missing, so far."""
    if content[:16] != _HEADER:
        return
    properties, data = content.find(_FILE_PROPERTIES), content.find(_DATA)
    if properties < 0 or data < 0:
        return
    size = int.from_bytes(content[properties + 92 : properties + 96], "little")
    start = data + 50
    declared = int.from_bytes(content[data + 40 : data + 48], "little")
    if size < 16 or content[start : start + 3] != _PACKET_START:
        return
    last: dict[int, _Payload] = {}
    places, was_broken = 0, False
    for number in range(declared):
        at = start + number * size
        yield places
        if at + size > len(content):
            yield places + 1
            return
        payloads = _payloads(content[at : at + size])
        if payloads is None:
            last.clear()
            places += not was_broken
        else:
            places += sum(not _follows(each, last) for each in payloads)
        was_broken = payloads is None
    yield places


def _follows(payload: _Payload, last: dict[int, _Payload]) -> bool:
    """Return whether a payload follows the last one of its stream, and note it as the last one."""
    before = last.get(payload.stream)
    last[payload.stream] = payload
    if before is None:
        return True
    end = before.offset + before.length
    if payload.number == before.number and payload.offset:
        is_same = (payload.object_bytes, payload.time) == (before.object_bytes, before.time)
        return payload.offset == end and is_same
    is_next = payload.number == (before.number + 1) % before.numbers
    return is_next and not payload.offset and end >= before.object_bytes


def _payloads(packet: bytes) -> list[_Payload] | None:
    """Return the parts of objects in a packet; None if it is broken."""
    if not packet.startswith(_PACKET_START):
        return None
    try:
        return _parse(packet)
    except IndexError:
        return None


def _parse(packet: bytes) -> list[_Payload]:
    fields = _Fields(packet, len(_PACKET_START))
    lengths, properties = fields.number(1), fields.number(1)
    fields.number(_field_bytes(lengths, 5))  # of the packet
    fields.number(_field_bytes(lengths, 1))  # a sequence number, which is not used
    end = len(packet) - fields.number(_field_bytes(lengths, 3))
    fields.number(6)  # the times
    has_many = lengths & 1
    flags = fields.number(1) if has_many else 1
    payloads = []
    for _ in range(flags & 0x3F):
        stream = fields.number(1) & 0x7F
        number_bytes = _field_bytes(properties, 4)
        number = fields.number(number_bytes)
        offset = fields.number(_field_bytes(properties, 2))
        replicated = fields.number(_field_bytes(properties, 0))
        has_times = replicated >= 8
        object_bytes = fields.number(4 if has_times else 0)
        time = fields.number(4 if has_times else 0)
        fields.number(replicated - (8 if has_times else 0))
        length = fields.number(_field_bytes(flags, 6)) if has_many else end - fields.offset
        fields.offset += length
        if length < 0 or fields.offset > end:
            raise IndexError("the payload is longer than its packet")
        if replicated != _COMPRESSED:
            numbers = 1 << 8 * number_bytes
            payloads.append(_Payload(stream, number, numbers, offset, length, object_bytes, time))
    return payloads


def _field_bytes(flags: int, bit: int) -> int:
    """Return how long a field is, which two of the flags say."""
    return _FIELD_BYTES[flags >> bit & 3]
