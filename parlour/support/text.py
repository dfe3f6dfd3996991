"""What text may come in: normal form, trimmed, readable, with nothing hidden in it.

Sources: the Unicode property Default_Ignorable_Code_Point (its table comes with `precis_i18n`),
the names of characters, and RFC 5892, appendix A (where the joiners U+200C and U+200D may stand).
"""

import re
import unicodedata
from typing import Final

import idna
from precis_i18n.unicode import UnicodeData
from pydantic_core import PydanticCustomError

# Controls, formats (all bidi marks and overrides are there), surrogates, and the line and
# paragraph separators. Not the unassigned ones: they may be the letters and emoji of a newer
# Unicode than this Python's.
_INVISIBLE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# And private use, which looks different on every machine, in the names of files.
_NO_NAME: Final = _INVISIBLE_CATEGORIES | {"Co"}
# Knows what is default-ignorable, also where the category says letter, mark or nothing yet: the
# fillers of Hangul, Khmer inherent vowels, variation selectors, what is reserved for their like.
_UNICODE: Final = UnicodeData()
# Marks, letters and symbols that are named for being nothing to see: the joiners of Tifinagh and
# Brahmi, the Khitan filler, the Braille blank. Punctuation that fills a gap is seen.
_NAMED_BLANK: Final = re.compile(r"\b(?:FILLER|BLANK|JOINER)$")
_BLANK_CATEGORIES: Final = frozenset({"Mn", "Lo", "So"})
# The musical null notehead, and what stands for an object that is not there.
_OTHER_BLANK: Final = frozenset("\ufffc\U0001d159")
_VARIATION_SELECTORS: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_JOINERS: Final = "\u200c\u200d"
# Emoji that Unicode files under letters, punctuation or mathematics, and U+FE0F inside one.
_OTHER_PICTOGRAPHS: Final = frozenset(
    "\u203c\u2049\u2139\u2194\u25fb\u25fc\u25fd\u25fe\u2934\u2935\u3030\u303d\ufe0f"
)
_KEYCAP: Final = re.compile("[#*0-9]\ufe0f\u20e3")
_SPACES: Final = re.compile(r"\s+")
# Marks one upon the other on one letter; no language has more than a few (Unicode's Stream-Safe
# text, UAX #15, has as many). To put more into their order takes the square of their number.
MAX_MARKS: Final = 30
# Marks of Tibetan that are two, and count as none by themselves.
_TWO_MARKS: Final = "\u0f73\u0f75\u0f81"


def clean_text(value: str, *, marks: int = MAX_MARKS) -> str:
    """`value` in NFC and trimmed. Refuses lone surrogates, NUL, and text with nothing to see.

    `marks` may stand on one letter, before and after: what was taken is taken again.
    """
    if "\x00" in value:
        raise PydanticCustomError("invalid", "It has a NUL character (U+0000)")
    text = value.strip()
    if value.isascii():
        if text[:1].isprintable() and text:
            return text  # as nearly always: what it begins with is seen
    else:
        try:
            value.encode()
        except UnicodeEncodeError:
            words = "It has half a character (a lone surrogate)"
            raise PydanticCustomError("invalid", words) from None
        _check_marks(text, marks)
        normal = unicodedata.normalize("NFC", value).strip()
        if normal != text:
            # It makes two marks of some.
            _check_marks(normal, marks)
        text = normal
        if "!" <= text[:1] <= "~":
            return text
    if all(_is_invisible(character) or character.isspace() for character in text):
        raise PydanticCustomError("empty", "There is nothing to read in it")
    return text


def clean_name(value: str, *, marks: int = MAX_MARKS) -> str:
    """`value` as a name: as `clean_text`, in one line, and nothing in it that cannot be seen.

    Runs of spaces become one, because nobody could tell two such names apart.
    """
    if value.isascii() and value.isprintable():
        name = " ".join(value.split())
        if name:
            return name
    text = _SPACES.sub(" ", _one_line(clean_text(value, marks=marks)))
    if "\ufffd" in text:
        # What a decoder puts in the place of bytes that are no text: many names become one.
        raise PydanticCustomError("name_invalid", "It was not UTF-8 text")
    for position, character in enumerate(text):
        # Private use looks different, or like nothing, on every machine.
        if not _is_invisible(character) and unicodedata.category(character) != "Co":
            continue
        if character in _JOINERS and _joiner_may_stand(text, position):
            continue
        if character in "\ufe0e\ufe0f" and position and _is_pictograph(text[position - 1]):
            continue
        if position and _KEYCAP.match(text, position - 1):
            continue
        raise PydanticCustomError(
            "name_invalid",
            "A name cannot have control, invisible or direction-changing characters; {place} has"
            " one ({code_point})",
            {"place": f"place {position + 1}", "code_point": f"U+{ord(character):04X}"},
        )
    return text


def clean_file_name(value: str, *, marks: int = MAX_MARKS) -> str:
    """`value` as the name of a file: the last part of a path, without what cannot be seen.

    What is hidden in it is taken out rather than refused: whoever sends a file has seldom named it.
    """
    seen = "".join(
        character
        for character in clean_text(value, marks=marks)
        if unicodedata.category(character) not in _NO_NAME and character != "\ufffd"
    )
    return clean_name(re.split(r"[/\\]", seen)[-1].lstrip(".") or "", marks=marks)


def name_key(name: str) -> str:
    """The form in which names are compared: compatibility-folded, without regard to case."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    folded = _VARIATION_SELECTORS.sub("", folded)
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", folded)).strip()


def _check_marks(text: str, most: int) -> None:
    # Where there are more in a row, one of them stands in each of these places.
    some = text[most :: most + 1]
    if not (any(map(unicodedata.combining, some)) or any(each in some for each in _TWO_MARKS)):
        return
    marks = 0
    for character in text:
        is_mark = unicodedata.combining(character) or character in _TWO_MARKS
        marks = marks + 1 if is_mark else 0
        if marks > most:
            words = "It has more than {most} marks on one letter"
            raise PydanticCustomError("invalid", words, {"most": most})


def _one_line(text: str) -> str:
    # Tabs and line breaks count as white space to `\s`, but are control characters in a name.
    if any(character in "\t\n\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029" for character in text):
        raise PydanticCustomError("name_invalid", "A name has to stand in one line")
    return text


def _is_invisible(character: str) -> bool:
    code, category = ord(character), unicodedata.category(character)
    return (
        category in _INVISIBLE_CATEGORIES
        or character in _OTHER_BLANK
        or _UNICODE.default_ignorable(code)
        or _UNICODE.noncharacter(code)
        or (
            category in _BLANK_CATEGORIES
            and _NAMED_BLANK.search(unicodedata.name(character, "")) is not None
        )
    )


def _is_pictograph(character: str) -> bool:
    category = unicodedata.category(character)
    # An unassigned one in these blocks is an emoji of a newer Unicode.
    newer = category == "Cn" and "\U0001f000" <= character <= "\U0001fbff"
    return newer or category in ("So", "Sk") or character in _OTHER_PICTOGRAPHS


def _joiner_may_stand(text: str, position: int) -> bool:
    """Joiners belong to emoji sequences and, by RFC 5892, to some scripts (Persian, Indic)."""
    if 0 < position < len(text) - 1:
        before, after = text[position - 1], text[position + 1]
        if text[position] == "\u200d" and _is_pictograph(before) and _is_pictograph(after):
            return True
    try:
        return idna.valid_contextj(text, position)
    except ValueError:
        return False  # beside a character that this Python has no name for
