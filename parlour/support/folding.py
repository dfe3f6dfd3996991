"""Text as it is compared when it is looked for: without case, accents and width; and its terms.

An index holds terms: of a word in letters its first one and two, every three that follow one
another, and the whole; of scripts that are written without spaces every character and every two.
Whatever is looked for is turned into terms that a text must have, and then compared with the text.
"""

import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import Final

# Written without spaces, or in pieces of one or two signs: Indic scripts, Thai to Khmer, Hangul,
# kana, ideographs, Yi; and arrows, symbols and emoji, of which each is a word.
_SINGLE: Final = (
    "\u0900-\u109f\u1100-\u11ff\u1780-\u17ff\u1900-\u1aaf\u1b00-\u1c7f\u2190-\u2bff\u2e80-\u2fff"
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u3041-\u309a\u309d-\u309f\u30a1-\u30fa"
    "\u30fc-\u9fff\ua000-\ua4cf\ua960-\ua97f\ua9e0-\uaadf\uabc0-\ud7ff\uf900-\ufaff"
    "\U00011000-\U00011fff\U00016f00-\U00018fff\U0001aff0-\U0001b2ff\U0001f000-\U0001faff"
    "\U00020000-\U0003ffff"
)
# Accents of Latin, Greek and Cyrillic, the vowel points of Hebrew and Arabic and its stretching
# dash, and what is not seen: joiners, soft hyphens, variation selectors.
_LEFT_OUT: Final = re.compile(
    "[\u00ad\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640"
    "\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u200b-\u200f\u2060"
    "\ufe00-\ufe0f\ufeff]"
)
# A letter, digit or underscore of a word, in the middle of a pattern.
_LETTER: Final = rf"[^\W{_SINGLE}]"
_TERMS: Final = re.compile(rf"(?P<word>{_LETTER}+)|[{_SINGLE}]+")
_BEGINS: Final = re.compile(_LETTER)
_ENDS: Final = re.compile(rf"{_LETTER}\Z")
# Kana of half width carry their voicing marks behind them.
_VOICED: Final = re.compile("[\uff66-\uff9d][\uff9e\uff9f]")
_PIECES: Final = re.compile("[\uff66-\uff9d][\uff9e\uff9f]|.", re.DOTALL)
# Of a longer word no more is kept whole.
_WHOLE: Final = 32
# Words met again cost a look-up; longer ones are seldom met again.
_KEPT_WORDS: Final = 4_096
_KEPT_LENGTH: Final = 24


def _fold(piece: str) -> str:
    plain = _LEFT_OUT.sub("", unicodedata.normalize("NFKD", piece.casefold()))
    return unicodedata.normalize("NFKC", plain).casefold()


class _Folds(dict[int, str]):
    """What becomes of each character, by its number; as many as Unicode has at most."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold(chr(code))
        return folded


_folds: Final = _Folds()


def fold(text: str) -> str:
    """`text`, which is in NFC, as it is compared."""
    if text.isascii():
        return text.lower()
    if _VOICED.search(text):
        return "".join(map(_fold, _PIECES.findall(text)))
    return text.translate(_folds)


def _places(text: str) -> list[int] | None:
    """Where each character of the folded text comes from; None where nothing was moved."""
    if text.isascii():
        return None
    pieces = _PIECES.findall(text) if _VOICED.search(text) else text
    lengths = [len(_fold(piece) if len(piece) > 1 else _folds[ord(piece)]) for piece in pieces]
    if lengths.count(1) == len(text):
        return None
    starts = accumulate((len(piece) for piece in pieces), initial=0)
    places = [start for start, length in zip(starts, lengths, strict=False) for _ in range(length)]
    return [*places, len(text)]


def spans(text: str, found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges of the folded text as those of `text`: joined where they meet, in order."""
    places = _places(text)
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if places is not None:
            # Up to the next thing that is compared: an accent belongs to what is before it.
            after = bisect_right(places, places[end - 1], end)
            start, end = places[start], places[after] if after < len(places) else len(text)  # noqa: PLW2901
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def terms_of(folded: str) -> str:
    """All terms of a text, with blanks between them; many of them more than once."""
    found = []
    for each in _TERMS.finditer(folded):
        piece = each[0]
        if each.lastgroup != "word":
            found.append(_singles(piece))
        elif len(piece) <= _KEPT_LENGTH:
            found.append(_kept_word(piece))
        else:
            found.append(_word(piece))
    return " ".join(found)


def _word(word: str) -> str:
    threes = " ".join([word[at : at + 3] for at in range(len(word) - 2)])
    return f"^{word[0]} ^{word[:2]} ^{word[:_WHOLE]}$ {threes}"


_kept_word: Final = lru_cache(maxsize=_KEPT_WORDS)(_word)


def _singles(run: str) -> str:
    return " ".join([*run, *map(str.__add__, run, run[1:])])


class Needle:
    """Something that is looked for: the terms a text must have, and a pattern to be sure.

    It is found anywhere in a word; where it begins with a word of one or two letters, only where a
    word begins. `exact` finds whole words alone. Blanks stand for any blanks.
    """

    __slots__ = ("pattern", "terms")

    def __init__(self, folded: str, *, exact: bool) -> None:
        folded = " ".join(folded.split())
        self.terms = _needed(folded, exact=exact)
        body = r"\s+".join(re.escape(part) for part in folded.split(" "))
        first = _TERMS.match(folded)
        short = first is not None and first.lastgroup == "word" and len(first[0]) < 3
        if _BEGINS.match(folded) and (exact or short):
            body = rf"(?<!{_LETTER}){body}"
        if exact and _ENDS.search(folded):
            body = rf"{body}(?!{_LETTER})"
        self.pattern = re.compile(body)

    def spans(self, folded: str) -> list[tuple[int, int]]:
        """Where it stands in a folded text."""
        return [each.span() for each in self.pattern.finditer(folded)]

    def is_in(self, folded: str) -> bool:
        """Whether it does at all."""
        return self.pattern.search(folded) is not None


def _needed(folded: str, *, exact: bool) -> tuple[str, ...]:
    """The terms without which a text cannot have it; those that say most come first."""
    whole: list[str] = []
    parts: list[str] = []
    begins: list[str] = []
    for each in _TERMS.finditer(folded):
        piece, size = each[0], len(each[0])
        if each.lastgroup != "word":
            parts.extend(piece if size == 1 else map(str.__add__, piece, piece[1:]))
            continue
        opens = exact or each.start() > 0 or size < 3
        closes = exact or each.end() < len(folded)
        if opens and closes:
            whole.append(f"^{piece[:_WHOLE]}$")
            continue
        if opens:
            begins.append(f"^{piece[:2]}")
        parts.extend(piece[at : at + 3] for at in range(size - 2))
    return tuple(dict.fromkeys([*whole, *parts, *begins]))
