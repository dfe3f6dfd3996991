"""Which texts are emoji, held against the list that the page offers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.support.emojis import fully_qualified

OFFERED = Path(__file__).parents[2] / "frontend/vendor/emoji-picker-element-data/en/data.json"


# The list asks for the picture after what is none but a picture: `plain` of js/app/emoji.js.
PICTURE = "\ufe0f"
PARTS = 2  # the group of what is no emoji by itself


def offered() -> Iterator[str]:
    """All that the page's picker can give, in every tone, as the list has it."""
    entries: list[dict[str, Any]] = json.loads(OFFERED.read_text("utf-8"))
    for entry in entries:
        if entry.get("group") != PARTS:
            yield entry["emoji"]
            yield from (skin["emoji"] for skin in entry.get("skins", []))


def test_the_server_takes_every_emoji_that_the_page_offers() -> None:
    """And knows of no difference between the list's form and its own but for a selector."""
    every = list(offered())
    assert len(every) > 3_900
    for emoji in every:
        assert fully_qualified(emoji) in {emoji, emoji.removesuffix(PICTURE)}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("❤", "❤️"), ("❤️", "❤️"), ("☺", "☺️"), ("👁‍🗨", "👁️‍🗨️"), ("1⃣", "1️⃣"),
        ("👩🏽‍❤‍👨🏿", "👩🏽‍❤️‍👨🏿"), ("🏴󠁧󠁢󠁷󠁬󠁳󠁿", "🏴󠁧󠁢󠁷󠁬󠁳󠁿"), ("👍🏽", "👍🏽"), ("👍", "👍"),
    ],
)  # fmt: skip
def test_all_forms_of_an_emoji_are_one(written: str, kept: str) -> None:
    """The fully qualified one is kept; a skin tone makes another."""
    assert fully_qualified(written) == kept


@given(st.text(max_size=12))
def test_whatever_is_kept_is_kept_as_it_is(text: str) -> None:
    """To ask for the kept form again changes nothing, and hardly any text is an emoji."""
    kept = fully_qualified(text)
    if kept is not None:
        assert fully_qualified(kept) == kept
