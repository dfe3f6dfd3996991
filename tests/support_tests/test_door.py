"""The door's reckoning: how many may come in, and how many things may be open."""

import resource

import pytest

from parlour.support.door import FILES, HTTP_SHARE, Door
from parlour.support.handles import are_free, raise_handle_limit


@pytest.mark.parametrize(
    ("wished", "handles", "websockets"),
    [
        (20_000, 1_048_576, 20_000),
        (20_000, 20_000, 20_000 - FILES - HTTP_SHARE),
        (20_000, 1024, 720),
        (100, 1024, 100),
        (20_000, 256, 144),
        (20_000, FILES + 8, 6),
    ],
)
def test_as_many_websockets_come_in_as_are_wished_and_handles_allow(
    wished: int, handles: int, websockets: int
) -> None:
    """Plain HTTP has a share that they never take, of few handles a quarter."""
    door = Door({})
    assert door.limit(wished, handles) == websockets
    assert not door.is_full(websockets - 1)
    assert door.is_full(websockets)
    assert websockets < door.most <= handles - FILES


def test_with_hardly_any_handles_there_is_room_for_one_of_each() -> None:
    """A server that cannot serve would better not start; this one can."""
    door = Door({})
    assert door.limit(20_000, 10) >= 1
    assert door.most > door.most_websockets


def test_the_limit_is_not_lowered(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is as high as it may be stays; one that cannot be raised stays, too."""
    for limits in ((500, 500), (resource.RLIM_INFINITY, resource.RLIM_INFINITY)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limits=limits: limits)
        assert raise_handle_limit() >= 500


def test_where_the_system_names_no_limit_the_largest_that_it_takes_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On macOS, which names none and refuses what its kernel does not have."""
    taken: list[tuple[int, int]] = []

    def set_limit(_: int, limits: tuple[int, int]) -> None:
        if limits[0] > 10_240:
            raise ValueError("not allowed to raise maximum limit")
        taken.append(limits)

    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, resource.RLIM_INFINITY))
    monkeypatch.setattr(resource, "setrlimit", set_limit)
    assert raise_handle_limit() == 10_240
    assert taken == [(10_240, resource.RLIM_INFINITY)]


def test_free_handles_are_counted_by_taking_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """And they are given back."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert are_free(8)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        assert not are_free(1)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert are_free(8)
