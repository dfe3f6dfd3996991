"""Names in every script, with nothing hidden in them; content as it was written."""

import time
import unicodedata
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from parlour.support.text import clean_name, clean_text, name_key

GOOD_NAMES = [
    "alice",
    "Zoë",
    "Иван Грозный",
    "Ελένη",
    "محمد",
    "דוד",
    "संजय",
    "สมชาย",
    "太郎",
    "김철수",
    "Նարեկ",
    "ნინო",
    "አበበ",
    "ⵣⵉⵔⵉ",
    "\u2422\U0001144e",  # a symbol for a blank, and punctuation that fills a gap
    "Nguyễn Thị Hương",
    "O'Brien-Smith, Jr. (3rd)",
    "R2-D2",
    "¿qué?",
    "naïve café",
    "\U00017000",  # Tangut, whose characters have no names in Python
    "\U0001e900\U0001e922",  # Adlam
]
EMOJI = {
    "plain": "\U0001f44b",
    "skin tone": "\U0001f44b\U0001f3fd",
    "woman firefighter": "\U0001f469\U0001f3fd\u200d\U0001f692",
    "family": "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "flag": "\U0001f1e9\U0001f1ea",
    "pirate flag": "\U0001f3f4\u200d\u2620\ufe0f",
    "rainbow flag": "\U0001f3f3\ufe0f\u200d\U0001f308",
    "heart on fire": "\u2764\ufe0f\u200d\U0001f525",
    "keycap": "1\ufe0f\u20e3",
    "number sign keycap": "#\ufe0f\u20e3",
    "left-right arrow": "\u2194\ufe0f",
    "information": "\u2139\ufe0f",
    "wavy dash": "\u3030\ufe0f",
    "nodding": "\U0001f642\u200d\u2195\ufe0f",
    "shaking": "\U0001f642\u200d\u2194\ufe0f",
    "exclamation": "\u203c\ufe0f",
    "as text": "\u2764\ufe0e",
    "newer than this Python": "\U0001fa8a\u200d\U0001f525",
}
JOINED = {
    "Persian with ZWNJ": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "Devanagari with ZWJ after a virama": "\u0915\u094d\u200d\u0937",
    "Devanagari with ZWNJ after a virama": "\u0915\u094d\u200c\u0937",
}
HIDDEN = {
    "right-to-left override": "\u202e",
    "left-to-right mark": "\u200e",
    "isolate": "\u2066",
    "Arabic letter mark": "\u061c",
    "zero width space": "\u200b",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "escape": "\x1b",
    "bell": "\x07",
    "delete": "\x7f",
    "C1 control": "\x9b",
    "Hangul filler": "\u3164",
    "half-width Hangul filler": "\uffa0",
    "Braille blank": "\u2800",
    "grapheme joiner": "\u034f",
    "Tifinagh consonant joiner": "\u2d7f",
    "Brahmi number joiner": "\U0001107f",
    "Khitan filler": "\U00016fe4",
    "Mongolian variation selector": "\u180b",
    "null notehead": "\U0001d159",
    "object that is not there": "\ufffc",
    "Khmer inherent vowel": "\u17b4",
    "Mongolian vowel separator": "\u180e",
    "tag": "\U000e0061",
    "variation selector": "\ufe01",
    "variation selector 17": "\U000e0100",
    "emoji selector after a letter": "\ufe0f",
    "invisible times": "\u2062",
    "interlinear anchor": "\ufff9",
    "private use": "\ue000",
    "private use, plane 15": "\U000f0000",
    "noncharacter": "\ufdd0",
    "noncharacter at a plane's end": "\U0001ffff",
}


def refusal(value: str) -> str:
    """Return the code with which a name is refused."""
    with pytest.raises(PydanticCustomError) as refused:
        clean_name(value)
    return refused.value.type


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_a_name_may_be_of_any_script(name: str) -> None:
    """It comes back as it is."""
    assert clean_name(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize("name", EMOJI.values(), ids=EMOJI)
def test_a_name_may_have_emoji(name: str) -> None:
    """Alone, inside and at the end, with all that holds their parts together."""
    assert clean_name(name) == name
    assert clean_name(f"a{name}") == f"a{name}"
    assert clean_name(f"{name} {name}b") == f"{name} {name}b"


@pytest.mark.parametrize("name", JOINED.values(), ids=JOINED)
def test_joiners_may_stand_where_their_script_needs_them(name: str) -> None:
    """By the rules of RFC 5892, appendix A."""
    assert clean_name(name) == name


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d"])
@pytest.mark.parametrize("name", ["a{}b", "{}a", "a{}", "a {} b", "\U0001f44b{}", "\U00017000{}a"])
def test_joiners_may_stand_nowhere_else(joiner: str, name: str) -> None:
    """There they would only make two names look alike."""
    assert refusal(name.format(joiner)) == "name_invalid"


@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN)
@pytest.mark.parametrize("place", ["a{}b", "{}ab", "ab{}"])
def test_a_name_has_nothing_in_it_that_cannot_be_seen(hidden: str, place: str) -> None:
    """Wherever it stands; the refusal says where and which."""
    value = place.format(hidden)
    with pytest.raises(PydanticCustomError) as refused:
        clean_name(value)
    assert refused.value.type == "name_invalid"
    assert f"U+{ord(hidden):04X}" in refused.value.message()
    assert f"place {value.index(hidden) + 1} " in refused.value.message()


@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN)
def test_what_cannot_be_seen_is_not_something_to_read(hidden: str) -> None:
    """Neither a name nor a message may have nothing else; private use may look like something."""
    if unicodedata.category(hidden) == "Co":
        assert clean_text(hidden) == hidden
        return
    with pytest.raises(PydanticCustomError) as refused:
        clean_text(f" {hidden}\u200d ")
    assert refused.value.type == "empty"
    assert refusal(f" {hidden} ") == "empty"


@pytest.mark.parametrize("blank", ["", " ", "\u00a0", "\u3000\t\n", "\u200b"])
def test_a_blank_name_is_empty(blank: str) -> None:
    """White space of any kind is nothing to read."""
    assert refusal(blank) == "empty"


@pytest.mark.parametrize("line", ["\n", "\r", "\t", "\v", "\f", "\x85", "\u2028", "\u2029"])
def test_a_name_stands_in_one_line(line: str) -> None:
    """Tabs and line breaks inside it are refused, at its ends trimmed."""
    assert refusal(f"a{line}b") == "name_invalid"
    assert clean_name(f"{line}ab{line}") == "ab"


def test_a_name_is_trimmed_and_its_spaces_are_one() -> None:
    """Nobody could tell the others apart."""
    assert clean_name("  the \u00a0 old\u3000\u2003hall ") == "the old hall"


def test_a_name_is_in_composed_form() -> None:
    """The same letters are the same code points."""
    assert clean_name("Zoe\u0308") == "Zo\u00eb"


@pytest.mark.parametrize("bad", ["\x00", "a\x00b", "\ud800", "a\udfffb"])
def test_text_with_nul_or_half_a_character_is_invalid(bad: str) -> None:
    """SQLite would end a text at the one, and cannot store the other."""
    for clean in (clean_text, clean_name):
        with pytest.raises(PydanticCustomError) as refused:
            clean(bad)
        assert refused.value.type == "invalid"


def test_content_keeps_its_inside_and_loses_its_edges() -> None:
    """Spaces, tabs and lines inside are the writer's."""
    assert clean_text("\n  a\t b \r\n\n  c \u3000\n") == "a\t b \r\n\n  c"


def test_content_may_have_what_a_name_may_not() -> None:
    """Controls of direction belong to running text in two directions; they are shown isolated."""
    text = "a\u202e\u200bb\u200d\x07\ue000"
    assert clean_text(text) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alice", "aLICE"),
        ("STRASSE", "straße"),
        ("\ufb01nn", "Finn"),
        ("\uff21lice", "alice"),
        ("\u2460", "1"),
        ("Zoë", "zoe\u0308"),
        ("\u0130", "i\u0307"),
        ("\u2764\ufe0f", "\u2764"),
        ("a  b", "A B"),
    ],
)
def test_names_are_the_same_without_regard_to_case_and_form(one: str, other: str) -> None:
    """They have one key."""
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Zoë", "Zoe"), ("alice", "alice2"), ("a b", "ab"), ("и", "й")]
)
def test_other_names_have_other_keys(one: str, other: str) -> None:
    """Accents count."""
    assert name_key(one) != name_key(other)


ANY_TEXT = st.text(st.characters(codec=None, categories=None))
NASTY = st.text(
    st.sampled_from(
        "aB \t\n\x00\u200c\u200d\ufe0f\u0301\u094d\u0915\u0645\ud83d\U0001f44b\U00017000"
    )
)


def cleaned(clean: Callable[[str], str], value: str) -> str:
    """Return the clean text, or the code with which it is refused."""
    try:
        return clean(value)
    except PydanticCustomError as refused:
        return refused.type


@given(ANY_TEXT | NASTY)
@example("\U00017000\u200c")
def test_any_text_becomes_a_good_name_or_is_refused_by_a_code(value: str) -> None:
    """And what became a name is one: cleaning it again changes nothing."""
    name = cleaned(clean_name, value)
    if name in {"invalid", "empty", "name_invalid"}:
        return
    assert name
    assert clean_name(name) == name
    assert name == name.strip()
    assert unicodedata.is_normalized("NFC", name)
    assert "  " not in name
    assert not set(name) & set("\x00\n\r\t\u200b\u202e\ufeff")
    assert name_key(name)


@given(ANY_TEXT | NASTY)
def test_any_text_becomes_good_content_or_is_refused_by_a_code(value: str) -> None:
    """Content that passed can be stored, and cleaning it again changes nothing."""
    text = cleaned(clean_text, value)
    if text in {"invalid", "empty"}:
        return
    assert text.encode()
    assert clean_text(text) == text
    assert unicodedata.is_normalized("NFC", text)


@given(st.text(min_size=1))
def test_a_key_is_the_key_of_itself(value: str) -> None:
    """Folding twice is folding once, so that a key can be compared with a key."""
    assert name_key(name_key(value)) == name_key(value)


@pytest.mark.parametrize(
    ("mark", "most"), [("\u0301", 30), ("\u0316", 30), ("\u0f73", 15), ("\u0344", 15)]
)
def test_a_letter_has_so_many_marks(mark: str, most: int) -> None:
    """No language has more; to put thousands into their order would take the square of the time."""
    taken = clean_text("a" + mark * most + "b" + mark * most)
    assert len(taken) >= 60
    # Normal form makes two of some: what is taken is taken again as it is stored.
    assert clean_text(taken) == taken
    with pytest.raises(PydanticCustomError, match="more than 30 marks") as refused:
        clean_text("many words " + "a" + mark * (most + 1))
    assert refused.value.type == "invalid"


def test_the_time_that_marks_take_grows_with_their_number() -> None:
    """A refusal of eight thousand characters is no longer than the acceptance of as many."""
    took = []
    for text in ("a\u0301\u0316" * 2_600, "a" + "\u0301" * 3_900 + "\u0316" * 3_900):
        begin = time.process_time()
        for _ in range(20):
            with suppress(PydanticCustomError):
                clean_text(text)
        took.append(time.process_time() - begin)
    assert took[1] < 5 * took[0]
