"""What was said and heard, and whether what is stored is the same."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Heard:
    """What a crowd said and heard in a while."""

    seconds: float = 0.0
    # By the client's own ids: what the server answered that it has, and after how many seconds.
    acknowledged: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    # Of everybody, what they heard in their room, in order; and how much it was in all.
    sequences: list[list[str]] = field(default_factory=list)
    deliveries: int = 0


def quantile(values: Sequence[float], share: float) -> float:
    """So much of them is smaller; 0 where there are none."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def check(heard: Heard, stored: Sequence[Sequence[str]]) -> list[str]:
    """What is wrong with what rooms have stored, by ids in order; nothing where all is right."""
    faults = []
    counts = Counter(each for room in stored for each in room)
    lost = [each for each in heard.acknowledged if not counts[each]]
    if lost:
        faults.append(f"{len(lost)} acknowledged messages are not stored, such as {lost[0]}")
    doubled = [each for each, count in counts.items() if count > 1]
    if doubled:
        faults.append(f"{len(doubled)} messages are stored more than once, such as {doubled[0]}")
    places = {
        each: (number, at) for number, room in enumerate(stored) for at, each in enumerate(room)
    }
    for sequence in heard.sequences:
        known = [places[each] for each in sequence if each in places]
        if len(known) < len(sequence):
            missing = next(each for each in sequence if each not in places)
            faults.append(f"somebody heard what is not stored, such as {missing}")
            break
        rooms = {number for number, _ in known}
        ats = [at for _, at in known]
        # One who came in heard all from then on: nothing in between is missing or elsewhere.
        if len(rooms) > 1 or (ats and ats != list(range(ats[0], ats[0] + len(ats)))):
            faults.append("somebody heard messages in another order than they are stored in")
            break
    return faults
