"""How much of something is done in one transaction, so that whoever else writes waits a moment."""

from typing import Final

# Nobody is to wait longer for one transaction of what goes on behind; what it aims at leaves room
# for a disk that is slower than it was a moment ago.
LIMIT_SECONDS: Final = 0.05
TARGET_SECONDS: Final = LIMIT_SECONDS / 4
# How long the texts are that are taken away in one transaction, together, in letters (on PostgreSQL
# in bytes), but for a single one that is longer.
MAX_EXTENT: Final = 100_000
# Below such a part of that it takes more, by a quarter at a time.
_ROOM: Final = 0.75
# How long others write for each second of a transaction, and when some wait to.
_REST: Final = 1.0
_REST_BUSY: Final = 4.0


def rest(seconds: float, *, busy: bool) -> float:
    """For how long others have the writer after a transaction of so many seconds."""
    return seconds * (_REST_BUSY if busy else _REST)


class Portion:
    """The size of the next one, by how long each was waited for: from its begin to its commit.

    It is less at once where one took too long, and more little by little.
    """

    def __init__(self, fewest: int, most: int) -> None:
        self.size = fewest
        self._fewest, self._most = fewest, most
        self._seconds = 0.0

    def note(self, seconds: float, *, whole: bool) -> None:
        """One of this size took so long; not a `whole` one where it came to less."""
        self._seconds = seconds
        if seconds > TARGET_SECONDS:
            self.size = max(self._fewest, int(self.size * TARGET_SECONDS / seconds))
        elif whole and seconds < TARGET_SECONDS * _ROOM:
            self.size = min(self._most, self.size + max(1, self.size // 4))

    def rest(self, *, busy: bool) -> float:
        """For how many seconds others have the writer before the next one."""
        return rest(self._seconds, busy=busy)
