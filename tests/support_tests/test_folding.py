"""Text as it is compared in a search: what is found, where, and by which terms."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.support.folding import Needle, fold, spans, terms_of
from parlour.support.text import clean_text


def hits(query: str, content: str, *, exact: bool = False) -> list[str]:
    """Return the pieces of `content` in which `query` is found."""
    needle = Needle(fold(query), exact=exact)
    found = needle.spans(fold(content))
    if found:
        # Whatever is found has the terms by which the index finds it.
        assert set(needle.terms) <= set(terms_of(fold(content)).split())
    return [content[start:end] for start, end in spans(content, found)]


@pytest.mark.parametrize(
    ("query", "content", "found"),
    [
        ("udget", "The BUDGET, twice: budgets.", ["UDGET", "udget"]),
        ("cafe", "Café cafe\u0301s", ["Café", "cafe\u0301"]),
        ("CAFÉ", "a cafe", ["cafe"]),
        ("strasse", "Große Straße", ["Straße"]),
        ("straße", "STRASSE", ["STRASSE"]),
        ("office", "o\ufb03ce", ["o\ufb03ce"]),
        ("привет", "ПРИВЕТ всем", ["ПРИВЕТ"]),
        ("елка", "ёлка", ["ёлка"]),
        ("سلام", "سَلَام", ["سَلَام"]),
        ("北", "在北京", ["北"]),
        ("北京", "在北京大学、北京", ["北京", "北京"]),
        ("京大", "在北京大学", ["京大"]),
        ("ひら", "カタカナとひらがな", ["ひら"]),
        ("ガ", "\uff76\uff9e", ["\uff76\uff9e"]),
        ("カ", "ガ", []),
        ("한국", "대한국인", ["한국"]),
        ("हिन्दी", "यह हिन्दी है", ["हिन्दी"]),
        ("ไทย", "ภาษาไทยง่าย", ["ไทย"]),
        ("phone手", "新iPhone手机", ["Phone手"]),
        ("👍", "ok 👍🏽!", ["👍"]),
        ("c++", "C++ or C", ["C++"]),
        ("example.org/a", "https://Example.org/a?b", ["Example.org/a"]),
        ("\uff57ide", "wide", ["wide"]),
        ("two  words", "two\nwords", ["two\nwords"]),
    ],
)
def test_words_are_found_in_any_script_without_case_accents_and_width(
    query: str, content: str, found: list[str]
) -> None:
    """Also parts of words, and whole pieces of the text as it was written are told."""
    assert hits(query, content) == found


@pytest.mark.parametrize(
    ("query", "content", "found"),
    [
        ("ok", "book ok okay", ["ok", "ok"]),
        ("a", "a bath", ["a"]),
        ("c#", "abc# c#", ["c#"]),
        ("re", "we're", ["re"]),
        ("it's", "bit's it's", ["it's"]),
    ],
)
def test_one_or_two_letters_are_found_where_a_word_begins(
    query: str, content: str, found: list[str]
) -> None:
    """Or they would be found in every message."""
    assert hits(query, content) == found


def test_an_exact_phrase_is_found_as_whole_words() -> None:
    """In scripts without blanks there are none to be found."""
    assert hits("art", "party art, Art!", exact=True) == ["art", "Art"]
    assert hits("the art", "the arts; the  art", exact=True) == ["the  art"]
    assert hits("京大", "北京大学", exact=True) == ["京大"]


def test_hits_that_meet_are_one() -> None:
    """Nobody has to mark anything twice."""
    assert spans("abcdef", [(3, 5), (0, 2), (2, 3), (1, 2)]) == [(0, 5)]


OFTEN = "abcABC é\u00df\ufb03 ıİ.#-_北京大学のガ\uff76\uff9eかな한국हि👍🏽\n 12"
TEXTS = st.text(
    st.sampled_from(OFTEN) | st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")),
    min_size=1,
    max_size=24,
)


@given(TEXTS, st.data())
def test_whatever_is_found_has_its_terms_and_its_place(text: str, data: st.DataObject) -> None:
    """Any piece of a text, looked for as it stands: the terms never keep a hit away."""
    content = unicodedata.normalize("NFC", text)
    start = data.draw(st.integers(0, len(content) - 1))
    end = data.draw(st.integers(start + 1, len(content)))
    piece = fold(unicodedata.normalize("NFC", content[start:end]))
    if not piece.split():
        return
    needle = Needle(piece, exact=data.draw(st.booleans()))
    folded = fold(content)
    found = needle.spans(folded)
    assert needle.is_in(folded) is bool(found)
    if found:
        assert set(needle.terms) <= set(terms_of(folded).split())
    last = 0
    for begins, ends in spans(content, found):
        assert last <= begins < ends <= len(content)
        last = ends


def test_a_text_that_may_be_said_can_be_indexed() -> None:
    """Terms have no blanks or quotes in them, whatever the text has."""
    content = clean_text('He said: "no" ^a$ #1 @b !link \N{FULLWIDTH QUOTATION MARK}')
    for term in terms_of(fold(content)).split():
        assert '"' not in term
        assert term == term.strip()
    assert not {"#1", "@b", "!link"} & set(terms_of(fold(content)).split())
