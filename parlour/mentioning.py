"""Whom messages are about: decided in the transaction that stores, changes or deletes them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection

from parlour.attention import Notice, Reason, decide
from parlour.errors import Refusal
from parlour.models import Message
from parlour.permissions import MAX_HERE, RoomKind, Standing, check, check_call
from parlour.store import messages as message_rows
from parlour.store import notices as rows
from parlour.store import reads
from parlour.store.attention import attentions, called_by
from parlour.store.mentions import mentions_of
from parlour.store.notices import Addressed
from parlour.store.reads import ReadState
from parlour.store.standings import standings
from parlour.storing import MessageDraft
from parlour.support.mentions import candidates, may_name
from parlour.support.text import name_key

# People whom one message may mention by name; names behind them are only text.
MAX_MENTIONED: Final = 20
HERE, ROOM = "@here", "@room"
CALLS: Final = {"here": HERE, "room": ROOM}


def weight_of(draft: MessageDraft) -> int:
    """How many times the work of an ordinary message it may be to store this one.

    At least: whom it is about is found out by the writer, which has to know beforehand how many of
    them to store at once.
    """
    names = may_name(draft.content)
    if not names and draft.reply_to is None:
        return 1
    found = candidates(draft.content) if names else []
    looked_up = sum(map(len, found)) // _LOOKED_UP
    return _ANY + _NAMED * min(len(found), MAX_MENTIONED) + looked_up + len(draft.here) // _CALLED


@dataclass(frozen=True, slots=True)
class Told:
    """What became of it, to be told after the commit."""

    notices: tuple[Notice, ...] = ()
    # Where those stand whom it is not about any more; of hundreds who were called by `@here` only
    # who they are, and whether nobody in the whole room is called any more.
    states: tuple[ReadState, ...] = ()
    left: tuple[int, ...] = ()
    uncalled: bool = False


NOTHING: Final = Told()


# As measured in groups of many messages, in time of the processor: what is about anybody at all is
# the work of so many ordinary messages, and each who is named of so many more; so many who are
# called by `@here` are one more, and so many names that may be meant.
_ANY, _NAMED, _CALLED, _LOOKED_UP = 10, 3, 2, 5


@dataclass(slots=True)
class _Found:
    """Whom one text is about, in the order of the text."""

    told: list[str] = field(default_factory=list)
    named: dict[int, None] = field(default_factory=dict)


class Mentions:
    """Whom new messages mention and answer, as it is in one transaction."""

    def __init__(self, connection: Connection, drafts: Sequence[MessageDraft]) -> None:
        naming = [each for each in drafts if may_name(each.content)]
        found = _find(connection, [(each.room_id, each.content) for each in naming])
        self._found = {id(draft): each for draft, each in zip(naming, found, strict=True)}
        self._check_calls(connection, drafts)
        self._stored: list[tuple[MessageDraft, Message]] = []

    @classmethod
    def of(cls, connection: Connection, drafts: Sequence[MessageDraft]) -> "Mentions | None":
        """Whom these are about; None, at no cost, where nothing can be about anybody."""
        some = [each for each in drafts if each.reply_to is not None or may_name(each.content)]
        for draft in some:
            # The transaction may be done once more.
            if draft.notices:
                draft.notices.clear()
        return cls(connection, some) if some else None

    def _check_calls(self, connection: Connection, drafts: Sequence[MessageDraft]) -> None:
        """What calls everybody is only text where its author may not."""
        for draft in drafts:
            found = self._found.get(id(draft))
            if found is None:
                continue
            for called in {HERE, ROOM} & set(found.told):
                if not _may_call(connection, draft, called):
                    found.told.remove(called)

    def refusal(self, _draft: MessageDraft) -> Refusal | None:
        """Nothing is refused: what is no mention is text."""
        return None

    def fields(self, draft: MessageDraft) -> dict[str, Any]:
        """The names that a draft mentions."""
        found = self._found.get(id(draft))
        return {} if found is None else {"mentions": tuple(found.told)}

    def add(self, draft: MessageDraft, message: Message) -> None:
        """One more message will be stored."""
        if message.mentions or draft.reply_to is not None:
            self._stored.append((draft, message))

    def keep(self, connection: Connection) -> None:
        """Write down whom the messages are about, and what is decided about each of these."""
        mentioning = [message for _, message in self._stored if message.mentions]
        if mentioning:
            message_rows.set_rare(connection, mentioning)
        ids = {message.id for _, message in self._stored}
        ids |= {draft.reply_to for draft, _ in self._stored if draft.reply_to is not None}
        places = rows.places_of(connection, ids)
        for draft, message in self._stored:
            found = self._found.get(id(draft), _Found())
            wanted: dict[int, Reason] = dict.fromkeys(found.named, "mention")
            if draft.reply_to is not None:
                answered = _account(places[draft.reply_to][0])
                if answered is not None:
                    wanted.setdefault(answered, "reply")
            if HERE in message.mentions and ROOM not in message.mentions:
                for user_id in draft.here:
                    wanted.setdefault(user_id, "here")
            told = address(connection, message, draft.person.author, places[message.id][1], wanted)
            if draft.notices is not None:
                draft.notices.extend(told.notices)


def edited_mentions(
    connection: Connection, message: Message, content: str
) -> tuple[tuple[str, ...], Collection[int]]:
    """Whom a message mentions once it says this: the names, and the accounts.

    Calls are made when something is said: an edit can take them away, and adds none.
    """
    [found] = _find(connection, [(message.room_id, content)])
    told = [each for each in found.told if each not in (HERE, ROOM) or each in message.mentions]
    return tuple(told), found.named


def readdress(
    connection: Connection, message: Message, author: str, named: Collection[int]
) -> Told:
    """Write down whom a message is about after it was edited or deleted.

    Who was not named before is notified; who is not any more loses the mark of an unread mention.
    """
    before = rows.whom(connection, message.id)
    wanted: dict[int, Reason] = dict.fromkeys(named, "mention")
    if message.deleted_at is None:
        kept = ("reply", "here") if HERE in message.mentions else ("reply",)
        for each in before:
            if each.reason in kept:
                wanted.setdefault(each.user_id, each.reason)
        if message.reply_to is not None:
            # Who was named in an answer to them is answered still.
            answered = rows.places_of(connection, [message.reply_to]).get(message.reply_to)
            user_id = None if answered is None else _account(answered[0])
            if user_id is not None and any(each.user_id == user_id for each in before):
                wanted.setdefault(user_id, "reply")
    number = rows.places_of(connection, [message.id])[message.id][1]
    return address(connection, message, author, number, wanted, before)


def address(
    connection: Connection,
    message: Message,
    author: str,
    number: int,
    wanted: Mapping[int, Reason],
    before: Iterable[Addressed] | None = None,
) -> Told:
    """Bring it up to date whom a message is about.

    `before` are those who were written down; None for a message that is new.

    `number` is the message's own. What was decided about somebody stays as it was.
    """
    room_id, known = message.room_id, {each.user_id: each for each in before or ()}
    own = _account(author)
    calls = ROOM in message.mentions
    called = before is not None and rows.is_call(connection, room_id, message.id)
    wanted = {user_id: reason for user_id, reason in wanted.items() if user_id != own}
    kind, wanted = _present(connection, room_id, wanted, known) if wanted else ("public", wanted)
    # A call counts for all members at once, so it must not count for one of them twice.
    covered = called_by(connection, room_id, wanted, number) if calls else set()
    counting = wanted.keys() - covered
    counted = {user_id for user_id, each in known.items() if each.counts}
    fresh = {user_id: reason for user_id, reason in wanted.items() if user_id not in known}
    added = _decide(connection, kind, message, fresh, counting)
    gone, again = counted - counting, counting - counted
    rows.add(connection, added)
    rows.set_counts(connection, message.id, gone, counts=False)
    rows.set_counts(connection, message.id, again - fresh.keys(), counts=True)
    rows.tally(connection, room_id, number, again, 1)
    rows.tally(connection, room_id, number, gone, -1)
    rows.begin(connection, room_id, fresh, message.id, number)
    if calls is not called:
        change = 1 if calls else -1
        (rows.call if calls else rows.uncall)(connection, room_id, message.id)
        rows.tally(connection, room_id, number, [0], change)
        # One does not call oneself: what takes it away counts where the call does.
        if own is not None:
            rows.tally(connection, room_id, number, [-own], -change)
    # Nobody has to wait for that while it is found out where each of hundreds stands.
    left = [user_id for user_id in gone if known[user_id].reason == "here"]
    return Told(
        _notices(connection, message, added),
        tuple(reads.states_among(connection, room_id, gone.difference(left))),
        tuple(left),
        uncalled=called and not calls,
    )


def _present(
    connection: Connection,
    room_id: int,
    wanted: Mapping[int, Reason],
    known: Mapping[int, Addressed],
) -> tuple[RoomKind, Mapping[int, Reason]]:
    """The kind of the room, and those who may be in it.

    Whoever is named has been asked for; who was written down before may be out of it by now.
    """
    asked = [u for u, reason in wanted.items() if u not in known and reason != "mention"]
    seats: list[tuple[int, str | None]] = [(room_id, f"user:{user_id}") for user_id in asked]
    *found, room = standings(connection, [*seats, (room_id, None)])
    assert room is not None  # noqa: S101 - its message is there
    may = dict(zip(asked, map(_enters, found), strict=True))
    return room.kind, {u: reason for u, reason in wanted.items() if may.get(u, True)}


def _enters(standing: Standing | None) -> bool:
    try:
        check(standing, "enter")
    except Refusal:
        return False
    return True


def _decide(
    connection: Connection,
    kind: RoomKind,
    message: Message,
    fresh: Mapping[int, Reason],
    counting: Collection[int],
) -> list[Addressed]:
    if not fresh:
        return []
    heeded = attentions(connection, message.room_id, fresh)
    at = message.edited_at or message.timestamp
    added = []
    for user_id, reason in fresh.items():
        verdict = decide(kind, reason, heeded[user_id], at)
        added.append(
            Addressed(
                user_id, message.id, message.room_id, reason, verdict.notified, verdict.because,
                verdict.level, user_id in counting,
            )
        )  # fmt: skip
    return added


def _notices(
    connection: Connection, message: Message, added: Sequence[Addressed]
) -> tuple[Notice, ...]:
    """What is told at once; those who were there are told with the crowds."""
    # Nobody has to wait for that while it is counted how many mentions each of hundreds has.
    told = [each for each in added if each.reason != "here"]
    counts = mentions_of(connection, message.room_id, [each.user_id for each in told])
    return tuple(
        Notice(each.user_id, message, each.reason, each.notified, counts.get(each.user_id, 0))
        for each in told
    )


def _find(connection: Connection, texts: Sequence[tuple[int, str]]) -> list[_Found]:
    """Whom texts, each said in a room, are about: accounts that may be there."""
    words = [candidates(text) for _, text in texts]
    keys = {name: name_key(name) for some in words for choices in some for name in choices}
    accounts = rows.named(connection, keys.values()) if keys else {}
    all_meant = []
    seats: dict[tuple[int, str | None], None] = {}
    for (room_id, _), some in zip(texts, words, strict=True):
        meant: dict[str, int | None] = {}
        for choices in some:
            call = CALLS.get(keys[choices[0]])
            account = next((a for n in choices if (a := accounts.get(keys[n]))), None)
            if call is not None:
                meant[call] = None
            elif account is not None and len(meant) < MAX_MENTIONED + len(CALLS):
                meant[account[1]] = account[0]
        named = [name for name, user_id in meant.items() if user_id is not None]
        for name in named[MAX_MENTIONED:]:
            del meant[name]
        all_meant.append((room_id, meant))
        seats |= {(room_id, f"user:{u}"): None for u in meant.values() if u is not None}
    asked = list(seats)
    found = standings(connection, asked) if asked else []
    may = {seat for seat, standing in zip(asked, found, strict=True) if _enters(standing)}
    return [
        _Found(
            [n for n, u in meant.items() if u is None or (room_id, f"user:{u}") in may],
            {u: None for u in meant.values() if u is not None and (room_id, f"user:{u}") in may},
        )
        for room_id, meant in all_meant
    ]


def _may_call(connection: Connection, draft: MessageDraft, called: str) -> bool:
    [standing] = standings(connection, [(draft.room_id, draft.person.author)])
    people = len(draft.here) if called == HERE else 0
    if called == ROOM:
        people = rows.count_up_to(connection, draft.room_id, MAX_HERE)
        if people <= (standing is not None and standing.role is not None):
            # Nobody else would hear it: whoever says it should see that it is only a word.
            return False
    try:
        check_call(standing, called == HERE, people, guest=draft.person.guest)
    except Refusal:
        return False
    return True


def _account(author: str) -> int | None:
    return int(author.removeprefix("user:")) if author.startswith("user:") else None
