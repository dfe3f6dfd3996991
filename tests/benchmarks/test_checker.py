"""The load generator finds what a server does wrong, and nothing where it does all right."""

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.loading import CheckFailed, judged
from tests.benchmarks.faulty import Mischief, Relay, text_frame
from tests.support.timing import scaled

# The message with which something happens; the first eight come at once.
THIRD = 2
MEMBERS = 4
# The first to be told keeps the log that the others are compared with: both ways are tried.
FIRST, LAST = 0, MEMBERS - 1


def load(programs: Path, relay: Relay, **options: Any) -> dict[str, Any]:
    """Run the load for a moment; return its JSON, whatever it found."""
    given = {
        "port": relay.port,
        "dialect": "ws",
        # The relay has one: also two neighbours of different senders are not to change places.
        "order": "total",
        "members": MEMBERS,
        "senders": 2,
        "window": 4,
        "seconds": 0.1,
        "warmup": 0.05,
        "stall": 1,
        "drain": 1,
        "phases": "saturated",
        **options,
    }
    words = [f"{name}={value}" for name, value in given.items()]
    done = subprocess.run(
        [programs / "load", *words], capture_output=True, text=True, timeout=scaled(20), check=False
    )
    assert done.returncode in (0, 1), done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode == 1) == any(answer["faults"].values())
    return answer


def faithful(_receiver: int, _message: int, frame: bytes) -> Sequence[bytes]:
    """Every frame to everybody, as it is."""
    return [frame]


def losing(victim: int) -> Mischief:
    """Leave one frame out."""

    def mischief(receiver: int, message: int, frame: bytes) -> Sequence[bytes]:
        return [] if (receiver, message) == (victim, THIRD) else [frame]

    return mischief


def doubling(victim: int) -> Mischief:
    """Send one frame twice."""

    def mischief(receiver: int, message: int, frame: bytes) -> Sequence[bytes]:
        return [frame, frame] if (receiver, message) == (victim, THIRD) else [frame]

    return mischief


def reordering(victim: int) -> Mischief:
    """Let one frame wait until the next has gone."""
    held: list[bytes] = []

    def mischief(receiver: int, message: int, frame: bytes) -> Sequence[bytes]:
        if receiver == victim and message == THIRD:
            held.append(frame)
            return []
        if receiver == victim and held:
            return [frame, held.pop()]
        return [frame]

    return mischief


def corrupting(victim: int) -> Mischief:
    """Change one letter of a content."""

    def mischief(receiver: int, message: int, frame: bytes) -> Sequence[bytes]:
        if (receiver, message) == (victim, THIRD):
            at = frame.index(b"%%") + 12
            return [frame[:at] + bytes([frame[at] ^ 1]) + frame[at + 1 :]]
        return [frame]

    return mischief


@pytest.mark.parametrize("victim", [FIRST, LAST])
@pytest.mark.parametrize(
    ("make", "found"),
    [
        (losing, {"lost"}),
        (doubling, {"doubled"}),
        # Whoever comes too early is seen first, as the loss of the one before it.
        (reordering, {"reordered", "lost"}),
        (corrupting, {"corrupted"}),
    ],
)
def test_one_wrong_frame_is_found_whoever_gets_it(
    programs: Path, make: Callable[[int], Mischief], found: set[str], victim: int
) -> None:
    """It is counted as what it is, and told in words."""
    with Relay(make(victim)) as relay:
        answer = load(programs, relay)
    assert any(answer["faults"][kind] for kind in found), answer
    assert answer["first_fault"]
    with pytest.raises(CheckFailed):
        judged(1, json.dumps(answer), "")


def test_a_frame_that_is_no_frame_is_found(programs: Path) -> None:
    """Reserved bits are nobody's to set."""

    def mischief(receiver: int, message: int, frame: bytes) -> Sequence[bytes]:
        return [b"\xc1" + frame[1:]] if (receiver, message) == (LAST, THIRD) else [frame]

    with Relay(mischief) as relay:
        assert load(programs, relay)["faults"]["corrupted"] > 0


def test_a_loss_is_found_when_it_is_the_last_message(programs: Path) -> None:
    """One at a time: the next does not come before all have the last, so it is waited for."""
    with Relay(losing(LAST)) as relay:
        answer = load(programs, relay, phases="one")
    assert answer["faults"]["lost"] > 0


def test_a_version_that_is_left_out_is_found(programs: Path) -> None:
    """Parlour's rooms count their messages; a frame whose number is another is a fault."""

    def mischief(_receiver: int, message: int, frame: bytes) -> Sequence[bytes]:
        if message < THIRD:
            return [frame]
        return [frame.replace(b'"version":%d,' % (message + 1), b'"version":%d,' % (message + 2))]

    with Relay(mischief, parlour=True) as relay:
        answer = load(programs, relay, dialect="parlour")
    assert answer["faults"]["reordered"] > 0, answer


def test_another_order_for_one_is_a_fault_where_the_order_is_promised(programs: Path) -> None:
    """Two senders' messages change places: each sender's own order stays as it was."""
    held: list[bytes] = []

    def mischief(receiver: int, _message: int, frame: bytes) -> Sequence[bytes]:
        if receiver != LAST:
            return [frame]
        held.append(frame)
        by = {each[each.index(b"%%") + 2 :][:6] for each in held}
        if len(by) < 2:
            return []
        last = held.pop()
        pieces = [last, *held]
        held.clear()
        return pieces

    with Relay(mischief) as relay:
        assert load(programs, relay)["faults"]["reordered"] > 0


def test_coalesced_and_cut_frames_and_other_frames_between_are_no_fault(programs: Path) -> None:
    """Frames come in any pieces, with lists of people and pings among them."""
    waiting: dict[int, bytes] = {}
    between = (
        text_frame(b'{"type":"user_list","room_id":1,"users":["anna","ben"]}')
        + text_frame(b'{"type":"join","room_id":1,"username":"ben"}')
        + b"\x89\x02hi"
    )

    def mischief(receiver: int, message: int, frame: bytes) -> Sequence[bytes]:
        data = waiting.pop(receiver, b"") + frame
        if message % 5 == receiver % 5:
            data += between
        cut = (message * 37 + receiver * 11) % len(data)
        # The speakers get all at once, or they would wait for themselves.
        if receiver < 2:
            return [data[:cut], data[cut:]]
        waiting[receiver] = data[cut:]
        return [data[:cut]]

    with Relay(mischief, parlour=True) as relay:
        answer = load(programs, relay, dialect="parlour", tail="may", drain=0.2)
    assert answer["faults"] == dict.fromkeys(answer["faults"], 0), answer
    assert answer["phases"][0]["deliveries"] > 0


def test_a_server_that_does_all_right_has_figures(programs: Path) -> None:
    """Deliveries are messages times members, and the latencies are in order."""
    with Relay(faithful) as relay:
        answer = load(programs, relay, phases="one,saturated,paced")
    for phase in answer["phases"]:
        assert phase["deliveries"] >= phase["messages"] > 0
        assert 0 < phase["p50_us"] <= phase["p99_us"] <= phase["max_us"] * 1.1
        assert phase["drained"]
    assert [phase["phase"] for phase in answer["phases"]] == ["one", "saturated", "paced"]
