"""What becomes of a node's broker when Redis is killed, hangs, cuts it off or refuses it."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Iterator

import pytest

from parlour.realtime import broker_redis
from parlour.realtime.broker import Unreachable
from parlour.realtime.broker_redis import RedisBroker
from tests.realtime.ear import Ear, Opened, away, eventually
from tests.support.brief import thorough_but
from tests.support.timing import SLACK, scaled
from tests.support.valkey import Valkey

SECRET = "korrekt-pferd"


@pytest.fixture(scope="module")
def redis() -> Iterator[Valkey]:
    """Yield a server of this module's own, which asks for a password."""
    own = Valkey(password=SECRET)
    yield own
    own.kill()


@pytest.fixture(autouse=True)
def running(redis: Valkey) -> Iterator[None]:
    """Leave it running and awake."""
    yield
    redis.thaw()


@pytest.fixture
async def opened(redis: Valkey) -> AsyncIterator[Opened]:
    """Yield a maker of brokers at that server."""
    ears: list[Ear] = []

    def make(name: str = "parlour:one") -> Ear:
        ears.append(Ear(RedisBroker(redis.url, name)))
        return ears[-1]

    yield make
    for ear in ears:
        await ear.broker.close()


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a silent server up sooner than in life."""
    monkeypatch.setattr(broker_redis, "PING_SECONDS", 0.2)
    monkeypatch.setattr(broker_redis, "SILENT_SECONDS", 0.6)
    monkeypatch.setattr(broker_redis, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(broker_redis, "ANSWER_SECONDS", 0.5)


@pytest.mark.parametrize("how", thorough_but(["cut off"], ["killed", "stopped", "cut off"]))
async def test_who_was_cut_off_comes_again_and_is_told_so(
    redis: Valkey, opened: Opened, how: str
) -> None:
    """Whoever listens is told that something was lost, as often as that happens."""
    one, other = opened(), opened()
    await one.comes()
    await other.comes()
    for times in (2, 3):
        if how == "cut off":
            redis.cut_listeners()
        else:
            redis.kill() if how == "killed" else redis.stop()
            await away(one)
            await away(other)
            redis.start()
        await one.comes(times)
        await other.comes(times)
        assert one.broker.connected
        one.broker.publish(b"again")
        await other.until(lambda count=times - 1: len(other.heard) == count)  # type: ignore[misc]
    assert other.heard == ["again", "again"]


async def test_a_server_that_hangs_is_given_up_and_found_again(
    redis: Valkey, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of its connections are there, and nothing comes by them; nor by new ones."""
    impatient(monkeypatch)
    one, other = opened(), opened()
    await one.comes()
    await other.comes()
    redis.freeze()
    await away(one)
    await away(other)
    # As long as it is so, it is not thought to be there.
    await asyncio.sleep(1)
    assert (one.came, one.broker.connected) == (1, False)
    redis.thaw()
    await one.comes(2)
    await other.comes(2)
    one.broker.publish(b"again")
    await other.until(lambda: other.heard[-1:] == ["again"])


async def test_a_quiet_server_is_not_given_up(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody says anything, its answers to pings say that it is there."""
    impatient(monkeypatch)
    one = opened()
    await one.comes()
    await asyncio.sleep(3 * broker_redis.SILENT_SECONDS)
    assert (one.came, one.broker.connected) == (1, True)


async def test_what_is_said_while_it_is_away_is_lost_and_takes_no_room(
    redis: Valkey, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told hours later, and nobody's memory fills up; nor before it is noticed."""
    monkeypatch.setattr(broker_redis, "MOST_WAITING", 100_000)
    impatient(monkeypatch)
    one, other = opened(), opened()
    await one.comes()
    await other.comes()
    redis.freeze()
    for _ in range(1_000):
        one.broker.publish(b"x" * 10_000)
    assert sum(map(len, _waiting(one))) <= 100_000
    await away(one)
    for _ in range(1_000):
        one.broker.publish(b"y" * 10_000)
    assert _waiting(one) == []
    redis.kill()
    redis.start()
    await one.comes(2)
    await other.comes(2)
    # There is as much room as before.
    for number in range(9):
        one.broker.publish(f"{number}".encode() * 10_000)
    await other.hears(*(f"{number}" * 10_000 for number in range(9)))


def _waiting(ear: Ear) -> list[bytes]:
    broker = ear.broker
    assert isinstance(broker, RedisBroker)
    return broker._waiting


@pytest.mark.parametrize("how", thorough_but(["hangs"], ["killed", "hangs"]))
async def test_who_asks_a_server_that_is_not_there_is_told_so_in_time(
    redis: Valkey, opened: Opened, how: str
) -> None:
    """However many ask at once; afterwards they are answered again."""
    one = opened()
    await one.comes()
    await one.broker.put("ticket:a", "session", 60)
    redis.kill() if how == "killed" else redis.freeze()
    begun = asyncio.get_running_loop().time()
    asked = [one.broker.take("ticket:a") for _ in range(20)]
    kept = [one.broker.put("ticket:b", "session", 60) for _ in range(20)]
    answers = await asyncio.gather(*asked, *kept, return_exceptions=True)
    assert {type(answer) for answer in answers} == {Unreachable}
    assert asyncio.get_running_loop().time() - begun < SLACK * broker_redis.ANSWER_SECONDS
    redis.start() if how == "killed" else redis.thaw()
    await one.broker.put("ticket:c", "session", 60)
    assert await one.broker.take("ticket:c") == "session"


async def test_who_asks_after_a_restart_is_answered_at_once(redis: Valkey, opened: Opened) -> None:
    """Nobody pays for the connection that has ended meanwhile."""
    one = opened()
    await one.broker.put("ticket:a", "session", 60)
    redis.kill()
    redis.start()
    await one.broker.put("ticket:b", "session", 60)
    assert await one.broker.take("ticket:a") is None
    assert await one.broker.take("ticket:b") == "session"


async def test_who_asked_and_went_leaves_no_answer_for_the_next(opened: Opened) -> None:
    """A question that was given up is not answered to somebody else."""
    one = opened()
    for number in range(20):
        await one.broker.put(f"ticket:{number}", f"session {number}", 60)
    for number in range(0, 20, 2):
        gone = asyncio.create_task(one.broker.take(f"ticket:{number}"))
        # It has asked by now, and the answer is on its way.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        gone.cancel()
        assert await one.broker.take(f"ticket:{number + 1}") == f"session {number + 1}"


async def test_what_fails_on_hearing_does_not_end_hearing(
    opened: Opened, redis: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of whoever is told is logged, and the next is told."""
    heard: list[bytes] = []

    def hear(words: bytes) -> None:
        heard.append(words)
        if words == b"wrong":
            raise AttributeError("something")

    other = opened()
    await other.comes()
    broker = RedisBroker(redis.url, "parlour:one")
    broker.start(hear, lambda: None)
    await eventually(lambda: broker.connected)
    for words in (b"right", b"wrong", b"right"):
        other.broker.publish(words)
    await eventually(lambda: len(heard) == 3)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    await broker.close()


async def test_closing_waits_for_nobody(redis: Valkey, opened: Opened) -> None:
    """Nothing is left over: no task and no connection, also where the server hangs."""
    before = asyncio.all_tasks()
    connections = _connections(redis)
    one, other = opened(), opened()
    await one.comes()
    await other.comes()
    await one.broker.put("ticket:a", "session", 60)
    redis.freeze()
    one.broker.publish(b"x")
    begun = asyncio.get_running_loop().time()
    await one.broker.close()
    await other.broker.close()
    assert asyncio.get_running_loop().time() - begun < SLACK
    assert asyncio.all_tasks() == before
    redis.thaw()
    await eventually(lambda: _connections(redis) == connections)
    # A transport or socket that nobody closed would be a warning, and so a fault.
    gc.collect()


async def test_it_can_be_closed_at_any_moment(redis: Valkey) -> None:
    """Also while it connects: what cancels it is heard wherever it is."""
    before = asyncio.all_tasks()
    for turns in range(60):
        broker = RedisBroker(redis.url, "parlour:one")
        broker.start(lambda _words: None, lambda: None)
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(scaled(10)):
            await broker.close()
    assert asyncio.all_tasks() == before


def _connections(redis: Valkey) -> int:
    return redis.ask("CLIENT", "LIST").count(b"id=")


@pytest.mark.parametrize(
    "state", thorough_but(["asking for another"], ["gone", "asking for another", "restarted"])
)
async def test_the_password_is_in_no_line_of_the_log(
    redis: Valkey, state: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is wrong, and however much is logged; and a fault is said once, not each time."""
    caplog.set_level(logging.DEBUG)
    secret = "another-secret"
    url = redis.url.replace(SECRET, secret) if state == "asking for another" else redis.url
    secret = secret if secret in url else SECRET
    if state == "gone":
        url = url.replace(f":{redis.port}", ":1")
    one = Ear(RedisBroker(url, "parlour:one"))
    if state == "restarted":
        await one.comes()
        redis.kill()
        await away(one)
        with pytest.raises(Unreachable):
            await one.broker.take("ticket:a")
        redis.start()
        await one.comes(2)
    else:
        for _ in range(2):
            with pytest.raises(Unreachable) as failed:
                await one.broker.take("ticket:a")
            assert secret not in str(failed.value)
            await asyncio.sleep(broker_redis.AGAIN_SECONDS)
        assert not one.broker.connected
    await one.broker.close()
    assert secret not in caplog.text
    warnings = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert [words.partition(" (")[0] for words in warnings] == (
        ["Redis is not there"]
        if state != "restarted"
        else ["Redis is not there", "Redis is back: what other nodes do is told at once again"]
    )


async def test_who_may_listen_and_not_speak_is_not_connected(
    redis: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once, and not at each try that Redis is back and is not there."""
    redis.ask("ACL", "SETUSER", "mute", "on", ">pw", "~*", "&*", "+@all", "-publish")
    one = Ear(RedisBroker(redis.url.replace(f":{SECRET}@", "mute:pw@"), "parlour:one"))
    await asyncio.sleep(3 * broker_redis.AGAIN_SECONDS)
    assert (one.came, one.broker.connected) == (0, False)
    redis.ask("ACL", "SETUSER", "mute", "+publish")
    await one.comes()
    await one.broker.close()
    warnings = [each.getMessage().partition(" (")[0] for each in caplog.records]
    assert warnings == [
        "Redis is not there",
        "Redis is back: what other nodes do is told at once again",
    ]
    assert one.heard == []
