"""The checker of a ledger: every promise about order and durability that its entries break.

Every acknowledged message is there, once, at its version; per reader and room the version rises
without a hole unless the server said `reset`; live frames, history and acknowledgements agree;
nothing is there that nobody sent.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from tests.support.ledger import Fault, Ledger, Reading, Record, Send


def check(
    ledger: Ledger, room_id: int, version: int, history: Iterable[dict[str, Any]]
) -> list[Fault]:
    """Return what is wrong about one room, whose whole history at `version` is given."""
    records = [Record.of(message) for message in history]
    sends = [send for send in ledger.sends.values() if send.room_id == room_id]
    readings = [each for each in ledger.readings.values() if each.room_id == room_id]
    return [
        *_history_faults(room_id, version, records),
        *_send_faults(sends, records),
        *_order_faults(sends, records),
        *(
            fault
            for reading in readings
            for fault in [*reading.faults, *_reading_faults(reading, records)]
        ),
    ]


def _history_faults(room_id: int, version: int, records: list[Record]) -> Iterator[Fault]:
    """The history by itself: ids and versions rise, and no version is missing or there twice."""
    for name, values in (
        ("id", [record.id for record in records]),
        ("version", [record.version for record in records]),
    ):
        for value, count in Counter(values).items():
            if count > 1:
                yield Fault("doubled", f"room {room_id}: {name} {value} stands {count} times")
        for former, later in pairwise(values):
            if later < former:
                yield Fault("reordered", f"room {room_id}: {name} {later} stands after {former}")
    there = {record.version for record in records}
    for missing in sorted(set(range(1, version + 1)) - there):
        yield Fault("hole", f"room {room_id}: version {missing} of {version} is not in the history")
    for extra in sorted(there - set(range(1, version + 1))):
        yield Fault("disagreement", f"room {room_id}: version {extra} is above its {version}")


def _send_faults(sends: list[Send], records: list[Record]) -> Iterator[Fault]:
    """What was sent against what is there."""
    by_client_id: defaultdict[str | None, list[Record]] = defaultdict(list)
    for record in records:
        by_client_id[record.client_id].append(record)
    for send in sends:
        yield from _one_send_faults(send, by_client_id.pop(send.client_id, []))
    for unknown in by_client_id.values():
        yield from (Fault("phantom", f"nobody sent {record}") for record in unknown)


def _one_send_faults(send: Send, found: list[Record]) -> Iterator[Fault]:
    if len(found) > 1:
        yield Fault("doubled", f"{send.client_id} is there {len(found)} times: {found}")
    if send.acknowledged and not found:
        yield Fault("lost", f"{send.client_id} was acknowledged as {send.acknowledged[0]}")
    if send.certainly_failed and found:
        yield Fault("phantom", f"{send.client_id} was refused and is there: {found[0]}")
    for record in found:
        if (record.username, record.content) != (send.username, send.content):
            yield Fault("disagreement", f"{record} is not what was sent: {send}")
    for told in send.acknowledged:
        if found and told not in found:
            yield Fault("disagreement", f"acknowledged as {told}, stored as {found[0]}")


def _order_faults(sends: list[Send], records: list[Record]) -> Iterator[Fault]:
    """A writer's own messages stand in the order in which it sent them."""
    versions = {record.client_id: record.version for record in records}
    by_writer: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for send in sends:
        if send.place is not None and send.client_id in versions:
            by_writer[send.username].append((send.place, versions[send.client_id]))
    for writer, placed in by_writer.items():
        placed.sort()
        for (first, at), (second, then) in pairwise(placed):
            if then < at:
                words = f"{writer}'s send {second} got version {then}, {first} before it {at}"
                yield Fault("reordered", words)


def _reading_faults(reading: Reading, records: list[Record]) -> Iterator[Fault]:
    """What one reader got against what is there."""
    who = f"{reading.reader} in room {reading.room_id}"
    by_id = {record.id: record for record in records}
    for record in dict.fromkeys([*reading.records, *reading.repeats]):
        there = by_id.get(record.id)
        if there is None:
            yield Fault("lost", f"{who} got {record}, which is not in the history")
        elif there != record:
            yield Fault("disagreement", f"{who} got {record}, the history has {there}")
    known = {record.version for record in reading.records}
    claimed = {version for span in reading.spans for version in range(span.start + 1, span.end + 1)}
    for record in records:
        if record.version in claimed and record.version not in known:
            yield Fault("hole", f"{who} was taken past version {record.version} without {record}")
