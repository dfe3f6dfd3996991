"""Who may do what in which room: the only place that says so.

It decides over a `Standing`, which is read in the transaction of the act itself, so that what was
taken away a moment before is not there any more. REST and WebSocket ask it alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Final, Literal

from parlour.errors import Refusal

RoomKind = Literal["public", "private", "direct"]
RoomRole = Literal["owner", "moderator", "member"]
Act = Literal[
    "see", "enter", "speak", "react", "edit_own", "delete_own", "delete_any", "report", "describe",
    "rename", "archive", "delete_room", "join", "leave", "add_member", "set_role", "remove_member",
    "invite", "see_invites", "restrict", "see_reports", "call", "pin", "set_retention",
]  # fmt: skip


# Whoever speaks may call everybody in a room of so many people; in larger ones it takes a
# moderator. Nobody calls more who are there just now than that: each of them is written down.
BIG_ROOM: Final = 50
MAX_HERE: Final = 200


class Rank(IntEnum):
    """How much somebody has to say in a room."""

    NONE = 0
    MEMBER = 1
    MODERATOR = 2
    OWNER = 3
    ADMINISTRATOR = 4


_RANKS: Final[Mapping[str | None, Rank]] = {
    None: Rank.NONE,
    "member": Rank.MEMBER,
    "moderator": Rank.MODERATOR,
    "owner": Rank.OWNER,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody is to a room that is there.

    `administrator` is of the server; a `free` room was made by a guest. `banned` and `muted` hold
    just now; their ends are None for those that have none.
    """

    kind: RoomKind
    role: RoomRole | None = None
    administrator: bool = False
    free: bool = False
    archived: bool = False
    slow_seconds: int = 0
    banned: bool = False
    muted: bool = False
    muted_until: datetime | None = None

    @property
    def rank(self) -> Rank:
        """An administrator of the server stands above all in what everybody may see."""
        if self.administrator and self.kind == "public":
            return Rank.ADMINISTRATOR
        return _RANKS[self.role]

    @property
    def slowed(self) -> bool:
        """Whether there has to be some time between two of their messages."""
        return self.slow_seconds > 0 and self.rank < Rank.MODERATOR


@dataclass(frozen=True, slots=True)
class _Rule:
    """What an act asks for: a rank at least, and where it is possible at all."""

    rank: Rank = Rank.NONE
    # Whether it changes what an archived room keeps as it was.
    changes: bool = True
    direct: bool = False
    banned: bool = False


_RULES: Final[Mapping[Act, _Rule]] = {
    "see": _Rule(changes=False, direct=True, banned=True),
    "enter": _Rule(changes=False, direct=True),
    "report": _Rule(changes=False, direct=True),
    "speak": _Rule(direct=True),
    "react": _Rule(direct=True),
    "call": _Rule(direct=True),
    "pin": _Rule(Rank.MODERATOR, direct=True),
    "edit_own": _Rule(direct=True),
    "delete_own": _Rule(direct=True),
    "delete_any": _Rule(Rank.MODERATOR),
    "describe": _Rule(Rank.MODERATOR),
    "set_retention": _Rule(Rank.OWNER, changes=False),
    "rename": _Rule(Rank.OWNER),
    "archive": _Rule(Rank.OWNER, changes=False),
    "delete_room": _Rule(Rank.OWNER, changes=False),
    "join": _Rule(),
    "leave": _Rule(Rank.MEMBER, changes=False),
    "add_member": _Rule(Rank.MODERATOR),
    "set_role": _Rule(Rank.OWNER),
    "remove_member": _Rule(Rank.MODERATOR, changes=False),
    "invite": _Rule(Rank.MODERATOR),
    "see_invites": _Rule(Rank.MODERATOR, changes=False),
    "restrict": _Rule(Rank.MODERATOR, changes=False),
    "see_reports": _Rule(Rank.MODERATOR, changes=False),
}
# Acts of somebody who was told to be silent.
_SPEECH: Final = frozenset({"speak", "react", "pin", "edit_own"})


def no_room() -> Refusal:
    """For a room that is not there, and, word for word, for one that is not theirs to see."""
    return Refusal("not_found", "There is no such room; it may have been deleted.")


def check(standing: Standing | None, act: Act) -> None:
    """Raises Refusal when whoever stands so in a room (None: it is not there) may not do it."""
    if standing is None or (standing.kind != "public" and standing.role is None):
        raise no_room()
    rule = _RULES[act]
    if standing.banned and not rule.banned:
        raise Refusal("banned", "You are banned from this room.")
    if standing.kind == "direct" and not rule.direct:
        raise Refusal("not_allowed", "A direct conversation always belongs to the same people.")
    if standing.rank < rule.rank and not _is_free(standing, act):
        raise Refusal("not_allowed", _WORDS[rule.rank])
    if standing.archived and rule.changes:
        raise Refusal("archived", "This room is archived: it can be read, and not be changed.")
    if standing.muted and act in _SPEECH:
        raise _muted(standing.muted_until)


def _is_free(standing: Standing, act: Act) -> bool:
    """Whether anybody may do it because nobody was put over it: the rooms that guests make.

    A pin stays before everybody's eyes, so it is for those who look after a room; where nobody
    does, as in direct conversations, it is for all who may speak.
    """
    if act == "pin":
        return standing.free or standing.kind == "direct"
    return act == "delete_room" and standing.free


def check_over(own: Standing, act: Act, other: Standing) -> None:
    """Raises Refusal when `own` may not do this to somebody who stands as `other` does."""
    check(own, act)
    if other.rank >= own.rank:
        raise Refusal("not_allowed", "This can only be done to people who have less to say here.")


def check_in_time(standing: Standing, act: Act, said_at: datetime, window: int) -> None:
    """Raises Refusal when a message of one's own is older than `window` seconds (0: any age).

    Whoever may delete any message of the room may delete their own as well.
    """
    age = (datetime.now(UTC) - said_at).total_seconds()
    if not window or age <= window:
        return
    if act == "delete_own" and _may(standing, "delete_any"):
        return
    words = f"Messages can be changed for {window} seconds; this one is older."
    raise Refusal("edit_window_over", words)


def _may(standing: Standing, act: Act) -> bool:
    try:
        check(standing, act)
    except Refusal:
        return False
    return True


def check_call(standing: Standing | None, here: bool, people: int, *, guest: bool) -> None:  # noqa: FBT001 - one of two calls
    """Raises Refusal when somebody may not call the members of a room, or all who are there.

    `people` are those whom it calls. Guests call nobody: they cannot be asked to stop.
    """
    check(standing, "call")
    assert standing is not None  # noqa: S101 - the gate lets nobody into what is not there
    if guest:
        raise Refusal("not_allowed", "It takes an account to call everybody.")
    if people > BIG_ROOM and standing.rank < Rank.MODERATOR:
        raise Refusal("not_allowed", _WORDS[Rank.MODERATOR])
    if here and people > MAX_HERE:
        raise Refusal("not_allowed", "So many people cannot be called at once.")


def check_speak(*, follows: bool) -> None:
    """Through a connection one speaks only where one is, because the answer comes from there."""
    if not follows:
        raise Refusal(
            "not_allowed", "Subscribe to the room before you write to it.", field="room_id"
        )


_WORDS: Final = {
    Rank.MEMBER: "Only members of the room may do this.",
    Rank.MODERATOR: "Only the room's owner and moderators may do this.",
    Rank.OWNER: "Only the room's owner may do this.",
}


def _muted(until: datetime | None) -> Refusal:
    if until is None:
        return Refusal("muted", "You may not write in this room.")
    left = max(0.0, (until - datetime.now(UTC)).total_seconds())
    return Refusal("muted", "You may not write in this room just now.", retry_after=left)


def too_soon(wait: float) -> Refusal:
    """For a message in slow mode that comes `wait` seconds before its time."""
    words = "Messages are slowed down in this room. Wait a little before the next one."
    return Refusal("slow_mode", words, retry_after=wait)
