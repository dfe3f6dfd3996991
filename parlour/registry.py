"""Who there is, in memory: names of accounts, live sessions, and the names that guests use.

Read on every request and handshake, so that none of them has to wait for the database; fed by
what has been committed. It runs in the event loop alone.
"""

import secrets
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from parlour.errors import Refusal
from parlour.logins import Known, banned, name_taken
from parlour.models import Person
from parlour.people import Login, Role
from parlour.support.names import account_forms, reserved_forms, spoken_forms
from parlour.support.tickets import Tickets
from parlour.support.tokens import random_id

TICKET_SECONDS = 30


class Registry:
    """Names, sessions and tickets."""

    def __init__(self, known: Known, setup_token: str | None = None) -> None:
        """`setup_token` makes the first administrator; it is a new one where none is given."""
        self.logins = {login.session_id: login for login in known.logins}
        # Sessions that have ended without the database knowing: they are dead as long as it does
        # not, and until a restart at least.
        self.unstored: set[str] = set()
        self.tickets: Tickets[str] = Tickets(TICKET_SECONDS)
        # What makes the first administrator, while there is none; it is printed at the start.
        self.setup_token = None if known.administered else setup_token or random_id()
        self._registered: set[str] = set()
        # Guests who may not come in, and until when; accounts have no session then.
        self._banned = dict(known.banned_guests)
        # Of accounts that are being made just now.
        self._coming: Counter[str] = Counter()
        # The guests that are online, by what their names count as.
        self._guests: dict[str, dict[str, int]] = {}
        for username in known.usernames:
            self.add_name(username)

    # Names

    def add_name(self, username: str) -> None:
        """An account has this name now."""
        self._registered |= account_forms(username)

    def remove_name(self, username: str) -> None:
        """No account has this name any more."""
        self._registered -= account_forms(username)

    def check_reserved(self, name: str) -> None:
        """Raises Refusal `name_reserved`."""
        if not spoken_forms(name).isdisjoint(reserved_forms()):
            raise Refusal("name_reserved", f"Nobody can be called {name}.", field="username")

    def check_guest(self, person: Person) -> None:
        """Raises Refusal when this guest may not use this name."""
        forms = spoken_forms(person.username)
        self.check_reserved(person.username)
        for form in forms:
            if form in self._registered or form in self._coming:
                raise name_taken(person.username)
            guests = self._guests.get(form)
            # Only a guest who is known by a cookie keeps others away: a bare name is everybody's.
            if guests and any(
                other != person.author and other.startswith("guest:") for other in guests
            ):
                raise name_taken(person.username)

    @contextmanager
    def registering(self, username: str, author: str | None) -> Iterator[None]:
        """Keep a name for an account that is being made.

        `author` is the guest who makes it, who may be online under this very name. Raises Refusal
        `name_taken` or `name_reserved`.
        """
        self.check_reserved(username)
        forms = account_forms(username)
        if not forms.isdisjoint(self._registered) or not forms.isdisjoint(self._coming):
            raise name_taken(username)
        if self.guests_named(username) - {author}:
            raise name_taken(username)
        self._coming.update(forms)
        try:
            yield
        finally:
            self._coming -= Counter(forms)

    def guests_named(self, username: str) -> set[str]:
        """The authors of guests who are online under a name that would pass for this one."""
        return {author for form in account_forms(username) for author in self._guests.get(form, ())}

    def came(self, person: Person) -> None:
        """A connection of somebody opened."""
        if person.guest:
            for form in spoken_forms(person.username):
                guests = self._guests.setdefault(form, {})
                guests[person.author] = guests.get(person.author, 0) + 1

    def went(self, person: Person) -> None:
        """A connection of somebody ended."""
        if not person.guest:
            return
        for form in spoken_forms(person.username):
            guests = self._guests[form]
            if guests[person.author] > 1:
                guests[person.author] -= 1
            elif len(guests) > 1:
                del guests[person.author]
            else:
                del self._guests[form]

    def guests_called(self, username: str) -> set[str]:
        """The authors of guests who are online under this very name, in any case."""
        return {author for form in spoken_forms(username) for author in self._guests.get(form, ())}

    # Bans

    def ban(self, author: str, until: datetime | None) -> None:
        """A guest may not come in any more."""
        self._banned[author] = until

    def unban(self, author: str) -> None:
        """They may again."""
        self._banned.pop(author, None)

    def check_banned(self, author: str) -> None:
        """Raises Refusal `banned` for a guest who may not come in."""
        if author not in self._banned:
            return
        until = self._banned[author]
        if until is None or until > datetime.now(UTC):
            raise banned()
        del self._banned[author]

    # Sessions

    def add(self, login: Login) -> None:
        """A session was opened or renewed; one that ended meanwhile stays ended."""
        if login.session_id not in self.unstored:
            self.logins[login.session_id] = login

    def drop(self, session_ids: Collection[str]) -> list[Login]:
        """Sessions ended; those of them that were live."""
        return [
            login
            for session_id in session_ids
            if (login := self.logins.pop(session_id, None)) is not None
        ]

    def set_role(self, user_id: int, role: Role) -> None:
        """An account has another role: also for the sessions that it has."""
        for login in list(self.logins.values()):
            if login.user_id == user_id:
                self.add(replace(login, role=role))

    def login(self, session_id: str) -> Login | None:
        """A live session."""
        login = self.logins.get(session_id)
        return login if login is not None and login.expires_at > datetime.now(UTC) else None

    def expired(self) -> list[str]:
        """Sessions that have ended by themselves and are still here."""
        now = datetime.now(UTC)
        return [each.session_id for each in self.logins.values() if each.expires_at <= now]

    # The first administrator

    def take_setup(self, token: str) -> bool:
        """Whether this is the token of the link that was printed; it is worth nothing then."""
        own = self.setup_token
        if own is None or not secrets.compare_digest(own.encode(), token.encode()):
            return False
        self.setup_token = None
        return True
