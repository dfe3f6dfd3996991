"""A second opinion on what is right input, written from the protocol and not from the code."""

import json
import unicodedata
from typing import Any

MAX_ID = 2**53 - 1
FIELDS: dict[str, dict[str, str]] = {
    "message": {
        "content": "content?",
        "client_id": "client_id?",
        "reply_to": "id?",
        "forward": "id?",
        "room_id": "id?",
    },
    "typing": {"room_id": "id?"},
    "subscribe": {"room_id": "id", "after": "version?", "epoch": "epoch?"},
    "unsubscribe": {"room_id": "id"},
    "ping": {},
}
# What a body may hold that makes a message.
BODY = {
    "content": "content?",
    "client_id": "client_id?",
    "reply_to": "whole?",
    "forward": "whole?",
}
HIDDEN = {"Cc", "Cf", "Zl", "Zp"}
# Not to be seen either, whatever their category says: fillers, joiners, variation selectors.
BLANK = {
    *"\u034f\u115f\u1160\u17b4\u17b5\u180f\u2800\u3164\uffa0",
    *map(chr, range(0xFE00, 0xFE10)),
    *map(chr, range(0xE0100, 0xE01F0)),
}


def strict_object(text: str | bytes) -> dict[str, Any] | None:
    """Return the JSON object that stands in `text`, None when no strict reader would take it."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(items)) < len(items):
            raise ValueError("a name stands twice")
        return dict(items)

    def no_constant(name: str) -> Any:
        raise ValueError(f"{name} is not JSON")

    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        value = json.loads(decoded, object_pairs_hook=pairs, parse_constant=no_constant)
        # A lone surrogate, escaped or not, is no text.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _is_right(value: Any, kind: str) -> bool:
    if kind.endswith("?"):
        return value is None or _is_right(value, kind[:-1])
    match kind:
        case "whole" if isinstance(value, float) and value.is_integer():
            # JSON makes no difference between 7 and 7.0, and in a body Parlour makes none.
            return 1 <= value <= MAX_ID
        case "id" | "whole":
            return type(value) is int and 1 <= value <= MAX_ID
        case "version":
            return type(value) is int and 0 <= value <= MAX_ID
        case "epoch":
            return isinstance(value, str) and len(value) <= 64
        case "client_id":
            return isinstance(value, str) and 1 <= len(value) <= 64 and value.isprintable()
        case _:
            return isinstance(value, str) and _can_be_said(value)


def _can_be_said(content: str) -> bool:
    text = unicodedata.normalize("NFC", content).strip()
    return "\0" not in text and any(map(_is_seen, text)) and len(text) <= 1_000


def _is_seen(character: str) -> bool:
    hidden = unicodedata.category(character) in HIDDEN or character in BLANK
    return not hidden and not character.isspace()


def has_fields(value: dict[str, Any], fields: dict[str, str]) -> bool:
    """Whether an object has these fields, all that have to be there, and no others."""
    required = {name for name, kind in fields.items() if not kind.endswith("?")}
    # What passes something on need not have words of its own.
    content = value.get("content")
    may_be_blank = value.get("forward") is not None
    is_blank = may_be_blank and isinstance(content, str) and not content.strip()
    return required <= set(value) <= set(fields) and all(
        _is_right(each, fields[name])
        for name, each in value.items()
        if not (name == "content" and is_blank)
    )


def says_something(value: dict[str, Any]) -> bool:
    """Whether there are words in it, or it passes something on."""
    return value.get("content") is not None or value.get("forward") is not None


def command(text: str) -> dict[str, Any] | None:
    """Return the command that a frame is, or None when it has to be refused."""
    frame = strict_object(text)
    if frame is None or not isinstance(frame.get("type"), str) or frame["type"] not in FIELDS:
        return None
    rest = {name: value for name, value in frame.items() if name != "type"}
    if frame["type"] == "message" and not says_something(rest):
        return None
    return frame if has_fields(rest, FIELDS[frame["type"]]) else None


def answers(texts: list[str], door: int, existing: set[int]) -> dict[str, int]:
    """Return how many frames of each kind answer these, sent through the door of a room."""
    follows = {door}
    told = {"error": 0, "message": 0, "pong": 0, "sync": 0}
    for text in texts:
        asked = command(text)
        if asked is None:
            told["error"] += 1
            continue
        room_id = asked.get("room_id") or door
        match asked["type"]:
            case "ping":
                told["pong"] += 1
            case "unsubscribe":
                follows.discard(room_id)
            case "subscribe":
                told["sync" if room_id in existing else "error"] += 1
                follows |= {room_id} & existing
            case "typing":
                told["error"] += room_id not in follows
            case _:
                # What it is about is not there; a repeat would be answered all the same.
                lost = any(asked.get(name) is not None for name in ("reply_to", "forward"))
                told["message" if room_id in follows and not lost else "error"] += 1
    return told
