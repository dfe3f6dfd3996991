"""How often somebody may try: counted in the database, so that a restart forgives nothing.

An attempt is counted before its password is looked at, and taken back when it was right: many at
once cannot all slip in before the first of them has failed.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from parlour.errors import Refusal
from parlour.store import failures
from parlour.store import sessions as session_rows
from parlour.store.failures import Count
from parlour.support.names import name_identity

HOUR: Final = timedelta(hours=1)
# Wrong tries of one address for one account that cost no waiting, and the longest wait.
FREE_TRIES: Final = 5
LONGEST_WAIT: Final = timedelta(minutes=15)
# A pair of account and address is forgotten so long after its last try.
PAIR_MEMORY: Final = timedelta(days=1)
TRIES_PER_ADDRESS: Final = 50
TRIES_PER_ACCOUNT: Final = 100
# An address from which an account was signed in is known to it for so long.
KNOWN_FOR: Final = timedelta(days=30)
ACCOUNTS_PER_ADDRESS: Final = 10
REGISTRATIONS_PER_ADDRESS: Final = 60


def begin_login(connection: Connection, username: str, address: str, user_id: int | None) -> None:
    """Count a try as a wrong one. Raises Refusal `rate_limited` and counts nothing."""
    now = datetime.now(UTC)
    keys = _Keys(username, address)
    pair = _current(connection, keys.pair, PAIR_MEMORY, now)
    if pair.blocked_until is not None and pair.blocked_until > now:
        raise _later(pair.blocked_until - now)
    at = _current(connection, keys.address, HOUR, now)
    if at.count >= TRIES_PER_ADDRESS:
        raise _later(at.since + HOUR - now)
    account = _current(connection, keys.account, HOUR, now)
    if account.count >= TRIES_PER_ACCOUNT and not _known(connection, keys, address, user_id, now):
        # Whoever guesses from everywhere stops the strangers alone: not the owner.
        raise _later(account.since + HOUR - now)
    failures.set_count(connection, keys.address, Count(at.count + 1, at.since))
    failures.set_count(connection, keys.account, Count(account.count + 1, account.since))
    failures.set_count(connection, keys.pair, _one_more(pair, now))


def end_login(connection: Connection, username: str, address: str) -> None:
    """The try was right: it counts for nothing, and its address is known from now on."""
    now = datetime.now(UTC)
    keys = _Keys(username, address)
    failures.forget(connection, keys.pair)
    for key in (keys.address, keys.account):
        _one_less(connection, key, HOUR, now)
    know(connection, username, address)


def take_back(connection: Connection, username: str, address: str) -> None:
    """The try was not looked at, and counts for nothing; nor does the wait that it began."""
    now = datetime.now(UTC)
    keys = _Keys(username, address)
    _one_less(connection, keys.pair, PAIR_MEMORY, now)
    for key in (keys.address, keys.account):
        _one_less(connection, key, HOUR, now)


def know(connection: Connection, username: str, address: str) -> None:
    """Remember that an account was signed in at an address."""
    failures.set_count(connection, _Keys(username, address).known, Count(0, datetime.now(UTC)))


def forget_known(connection: Connection, username: str) -> None:
    """No address is known to an account any more: whoever was there may know its old password."""
    failures.forget_all(connection, _Keys(username, "").known)


def forget_account(connection: Connection, username: str) -> None:
    """Nothing stays of an account that goes: whoever has its name next begins without a past.

    What is counted for an address alone says nothing of whose it was.
    """
    keys = _Keys(username, "")
    failures.forget(connection, keys.account)
    for start in (keys.pair, keys.known):
        failures.forget_all(connection, start)


def count_registration(connection: Connection, address: str) -> None:
    """Count a try to register, which also asks who is there. Raises Refusal `rate_limited`."""
    _count(connection, f"register|{address}", REGISTRATIONS_PER_ADDRESS)


def take_registration_back(connection: Connection, address: str) -> None:
    """The try to register was not looked at."""
    _one_less(connection, f"register|{address}", HOUR, datetime.now(UTC))


def count_account(connection: Connection, address: str) -> None:
    """Count an account that is made. Raises Refusal `rate_limited`."""
    _count(connection, f"account-made|{address}", ACCOUNTS_PER_ADDRESS)


def forget_old(connection: Connection) -> None:
    """Take away what counts no longer: tries after a day, known addresses after a month."""
    now = datetime.now(UTC)
    failures.forget_before(connection, now - PAIR_MEMORY, but="known|")
    failures.forget_before(connection, now - KNOWN_FOR)


class _Keys:
    """Under which keys a try is counted."""

    def __init__(self, username: str, address: str) -> None:
        identity = name_identity(username)
        self.pair = f"pair|{identity}|{address}"
        self.address = f"address|{address}"
        self.account = f"account|{identity}"
        self.known = f"known|{identity}|{address}"


def _current(connection: Connection, key: str, memory: timedelta, now: datetime) -> Count:
    count = failures.get_count(connection, key)
    # A clock that was set back must not make a window last for ever.
    if count is None or not timedelta() <= now - count.since < memory:
        return Count(0, now)
    return count


def _one_more(pair: Count, now: datetime) -> Count:
    count = pair.count + 1
    if count < FREE_TRIES:
        return Count(count, now)
    wait = min(timedelta(seconds=2 ** min(count - FREE_TRIES, 20)), LONGEST_WAIT)
    return Count(count, now, now + wait)


def _one_less(connection: Connection, key: str, memory: timedelta, now: datetime) -> None:
    count = _current(connection, key, memory, now)
    if count.count > 1:
        failures.set_count(connection, key, Count(count.count - 1, count.since))
    else:
        failures.forget(connection, key)


def _known(
    connection: Connection, keys: _Keys, address: str, user_id: int | None, now: datetime
) -> bool:
    seen = failures.get_count(connection, keys.known)
    if seen is not None and now - seen.since < KNOWN_FOR:
        return True
    return user_id is not None and session_rows.address_is_live(connection, user_id, address, now)


def _count(connection: Connection, key: str, limit: int) -> None:
    now = datetime.now(UTC)
    count = _current(connection, key, HOUR, now)
    if count.count >= limit:
        raise _later(count.since + HOUR - now)
    failures.set_count(connection, key, Count(count.count + 1, count.since))


def _later(wait: timedelta) -> Refusal:
    seconds = max(1, round(wait.total_seconds()))
    return Refusal(
        "rate_limited",
        f"Too many tries. Wait {seconds} seconds.",
        retry_after=wait.total_seconds(),
    )
