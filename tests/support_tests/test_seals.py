"""What passes through something that is not believed shows whether it was sealed here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.support.seals import Broken, Seal

OURS = Seal(b"secret", "news")


@given(st.binary(max_size=200), st.data())
def test_what_was_sealed_is_opened_and_what_was_changed_is_not(
    words: bytes, data: st.DataObject
) -> None:
    """Whatever byte it is, and what is shorter or longer."""
    sealed = OURS.close(words)
    assert OURS.open(sealed) == words
    place = data.draw(st.integers(0, len(sealed) - 1))
    changed = bytearray(sealed)
    changed[place] ^= data.draw(st.integers(1, 255))
    for other in (bytes(changed), sealed[:-1], sealed + b"x", b"", words):
        with pytest.raises(Broken):
            OURS.open(other)


@pytest.mark.parametrize("other", [Seal(b"other", "news"), Seal(b"secret", "ticket")])
def test_another_secret_or_purpose_opens_nothing(other: Seal) -> None:
    """Nor does it know the names or the signatures."""
    with pytest.raises(Broken):
        other.open(OURS.close(b"words"))
    assert other.name("words") != OURS.name("words")
    assert not other.holds(OURS.sign("a", "b"), "a", "b")


def test_a_signature_is_of_its_words_alone() -> None:
    """Not of others, and of these together."""
    signature = OURS.sign("ticket", "session")
    assert OURS.holds(signature, "ticket", "session")
    for words in (("ticket", "other"), ("other", "session"), ("ticket",)):
        assert not OURS.holds(signature, *words)
    assert not OURS.holds("", "ticket", "session")
