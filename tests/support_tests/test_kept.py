"""Answers that are kept: by their stamps, bounded in bytes and age."""

from parlour.support.kept import Kept


def test_what_has_another_stamp_or_is_old_is_not_given() -> None:
    """Whoever asks knows which stamp holds."""
    now = [0.0]
    kept = Kept(10_000, 10.0, lambda: now[0])
    kept.put("a", 1, b"one")
    assert kept.get("a", 1) == b"one"
    assert kept.get("a", 2) is None
    assert kept.get("b", 1) is None
    kept.put("a", 2, b"two")
    assert (kept.get("a", 1), kept.get("a", 2)) == (None, b"two")
    now[0] = 10.5
    assert kept.get("a", 2) is None


def test_what_was_asked_for_least_gives_way() -> None:
    """All of it together has a size that it does not exceed; one that is very large is not kept."""
    kept = Kept(10_000, 10.0)
    for number in range(10):
        kept.put(number, 1, b"x" * 900)
        kept.get(0, 1)
    there = [number for number in range(10) if kept.get(number, 1)]
    assert there == [0, 3, 4, 5, 6, 7, 8, 9]
    kept.put(0, 2, b"x" * 5_000)
    assert kept.get(0, 1) is kept.get(0, 2) is None
    for _ in range(100):
        kept.put(1, 1, b"x" * 900)
    assert kept.get(9, 1)
