"""Names that two people can tell apart: what is the same, what is another, what is a username."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from parlour.support.names import (
    RESERVED_NAMES,
    account_forms,
    account_username,
    name_identity,
    reserved_forms,
    spoken_forms,
)
from parlour.support.text import clean_name


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("alice", "ALICE"),
        ("alice", "\uff41\uff4c\uff49\uff43\uff45"),  # fullwidth
        ("alice", "\u0430lice"),  # Cyrillic a
        ("alice", "al\u0456ce"),  # Ukrainian i
        ("alice", "\U0001d4ea\U0001d4f5\U0001d4f2\U0001d4ec\U0001d4ee"),  # mathematical letters
        ("paypal", "\u0440\u0430\u0443\u0440\u0430l"),  # nearly all Cyrillic
        ("alice", "a l i c e"),
        ("bob1", "bobl"),
        ("bob1", "bob|"),
        ("r00t", "root"),
        ("omega", "\u03bfmega"),  # Greek omicron
        ("modern", "rnodern"),
        ("caf\u00e9", "cafe\u0301"),
        ("stra\u00dfe", "STRASSE"),
        # A letter that loses its dot under another one is drawn as if it had but its own.
        ("alice", "ali\u0307ce"),
        ("alice", "al\u0130ce"),  # capital I with a dot
        ("alice", "al\u0131\u0307ce"),  # dotless i, and a dot
        ("alice", "al\u0456\u0307ce"),  # Ukrainian i, and a dot
        ("jim", "j\u0307im"),
        ("admin", "admi\u0307n"),
    ],
)
def test_names_that_look_alike_have_one_canonical_form(name: str, other: str) -> None:
    """By TR39, NFKC and case folding."""
    assert name_identity(name) == name_identity(other)
    assert spoken_forms(other) & account_forms(name)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("neil", "nell"),
        ("alice", "alise"),
        ("mia", "mla"),
        ("caf\u00e9", "cafe"),
        ("\u0438\u0432\u0430\u043d", "ivan"),
        ("anna", "hanna"),
        ("lola", "l\u022fla"),  # a dot above o is to be seen
        ("jim", "j\u0323im"),  # and so is one below
        ("a-b", "ab"),
    ],
)
def test_names_that_differ_to_the_eye_differ(name: str, other: str) -> None:
    """Both can come."""
    assert name_identity(name) != name_identity(other)
    assert spoken_forms(other).isdisjoint(account_forms(name))


@pytest.mark.parametrize("name", ["Iily", "LlLY", "1ily", "LILY", "1i1y"])
def test_a_spelling_that_passes_for_an_account_is_its_name(name: str) -> None:
    """A capital I is an l to the eye, whatever case folding says of it."""
    assert spoken_forms(name) & account_forms("lily")


def test_what_passes_for_a_reserved_word_is_reserved() -> None:
    """Whatever the letters are made of."""
    for name in ("admi\u0307n", "AD\u041cIN", "\uff41dmin"):
        assert spoken_forms(name) & reserved_forms(), name


@pytest.mark.parametrize("word", RESERVED_NAMES)
def test_reserved_words_are_reserved_in_every_case(word: str) -> None:
    """Also with a space before it."""
    for spelling in (word, word.upper(), word.title(), f"{word[0]} {word[1:]}"):
        assert spoken_forms(spelling) & reserved_forms()


@pytest.mark.parametrize("name", ["administration", "alice", "ada", "rooms", "meg", "mel", "allan"])
def test_words_that_only_contain_a_reserved_one_are_free(name: str) -> None:
    """Nobody takes them for it."""
    assert spoken_forms(name).isdisjoint(reserved_forms())


@given(st.text(min_size=1, max_size=50))
def test_every_name_has_a_canonical_form_that_is_its_own(name: str) -> None:
    """Whatever can be a name: no form is empty, and upper case is the same as lower."""
    try:
        name = clean_name(name)
    except PydanticCustomError:
        return
    identity = name_identity(name)
    assert identity == identity.casefold()
    assert identity in spoken_forms(name)
    assert " " not in identity


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20))
def test_a_username_stays_what_it_is(text: str) -> None:
    """Made once more of itself it is the same, and it is fit for an address."""
    try:
        username = account_username(text)
    except PydanticCustomError:
        return
    assert account_username(username) == username
    assert len(username) >= 2
    assert not set(username) & set(string.whitespace + "/?#%&@:;,\"'<>\\")
    assert name_identity(username) == name_identity(username.upper())
