"""What schemathesis checks besides its own checks; it loads this file as its hooks."""

import os
import re
from typing import Any
from urllib.parse import urlencode

import schemathesis
from schemathesis import Case, CheckContext, Response
from schemathesis.specs.openapi.checks import positive_data_acceptance

# What JSON Schema cannot say of a text is said in words: that something is to be read in it, what
# trimming leaves of it, that nothing in it is hidden, that a password is a good one, a zone one of
# the list; that a guest has to give a name; which texts are emoji; and of a query, that it names
# one place.
TEXTS = (
    "name", "username", "content", "client_id", "password", "new_password", "current_password",
    "display_name", "about", "status_text", "time_zone", "topic", "usernames",
    "reason", "emoji", "q", "alt", "names", "before",
)  # fmt: skip
CODES = ("empty", "too_long", "name_invalid", "name_reserved", "password_weak")
WORDS = (
    "NUL",
    "surrogate",
    "cannot be printed",
    "time zone",
    "required",
    "You are",
    "one emoji",
    "takes",
    "no room called",
    "at most",
    "both",
    "Sign in",
    "a time such as",
    "belongs to the kind",
)

# The rooms and messages that there are when it begins; ids up to the second number are asked for.
ROOMS, MAX_ROOM, MAX_ID = 40, 50, 2**53 - 1
MESSAGES, MAX_MESSAGE = 240, 280
# Who has an account, and the longest name that anybody is asked for by.
SOMEBODY, MAX_NAME = "somebody", 100
# A file that a message has, which nobody can delete.
FILE_ID = os.environ.get("TEST_FILE_ID", "")
# Who wrote all messages that there are when it begins.
AUTHOR = "alice"
MAX_QUERY = 6_000
MAX_FILES = 10
# Where bodies are bytes, and answers are.
PUBLIC_KEYS = "/.well-known/jwks.json"
RAW = ("/api/chat/files", "/me/avatar")
FILES = r"/files/\{file_id\}(/thumbnail)?$|/avatar$|/export/archive$"


@schemathesis.hook
def map_path_parameters(context: Any, parameters: dict[str, Any] | None) -> Any:
    """Ask for rooms and people that are there; what is no id or name stays as it is."""
    file_id = (parameters or {}).get("file_id")
    if isinstance(file_id, str) and re.fullmatch("[0-9a-f]{32}", file_id):
        return {**(parameters or {}), "file_id": FILE_ID}
    name = (parameters or {}).get("username")
    if isinstance(name, str) and 0 < len(name) <= MAX_NAME:
        return {**(parameters or {}), "username": SOMEBODY}
    for which, most in (("room_id", MAX_ROOM), ("message_id", MAX_MESSAGE)):
        number = (parameters or {}).get(which)
        if type(number) is int and 0 < number <= MAX_ID:
            # Every other time messages are those of the room that nobody deletes.
            is_kept = number % 2 == 1 and context.operation.path.endswith("{room_id}/messages")
            mapped = MAX_ROOM + 1 if is_kept else number % most + 1
            return {**(parameters or {}), which: mapped}
    return parameters


@schemathesis.hook
def map_query(context: Any, query: dict[str, Any] | None) -> Any:
    """Let whoever wrote the messages write and change them; what is no name stays as it is."""
    name = (query or {}).get("username")
    is_theirs = "message" in context.operation.path or "files" in context.operation.path
    if is_theirs and isinstance(name, str) and name.isalnum():
        return {**(query or {}), "username": AUTHOR}
    return query


@schemathesis.hook
def map_body(_context: Any, body: Any) -> Any:
    """Answer none, pass none on, bring no file: they would have to be there, in the very room."""
    if isinstance(body, dict) and isinstance(body.get("files"), list):
        ids = [re.fullmatch("[0-9a-f]{32}", str(each)) for each in body["files"]]
        if all(ids) and len(set(map(str, body["files"]))) == len(ids) <= MAX_FILES:
            body = {**body, "files": []}
    for name in ("reply_to", "forward"):
        number = body.get(name) if isinstance(body, dict) else None
        if type(number) is int and 0 < number <= MAX_ID:
            words = body.get("content")
            body = {**body, name: None, "content": "words" if words is None else words}
    return body


@schemathesis.hook
def filter_query(_context: Any, query: dict[str, Any] | None) -> bool:
    """Ask for nothing whose address is longer than the door lets in, whatever is asked for.

    And for nothing that is right once it stands in an address, where everything is text: a name
    that is a number, one name for a list of one, an empty list for an empty text.
    """
    query = query or {}
    ids = query.get("ids", [])
    if not isinstance(ids, list) or not all(type(each) is int for each in ids):
        return False
    names, after = query.get("names", []), query.get("after", "")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return False
    if after is None or isinstance(after, list | dict):
        return False
    return len(urlencode(query, doseq=True, errors="replace")) < MAX_QUERY


def said_in_words(response: Response) -> bool:
    """Whether a request was refused for something that only words can say."""
    if response.status_code != 422:
        return False
    refusal = response.json()
    if "NUL character" in refusal["detail"]:
        # Anywhere in an address.
        return True
    if "field" not in refusal and str(response.request.url).partition("?")[0].endswith(RAW):
        # Which bytes are a file, or an image.
        return refusal["code"] in ("empty", "invalid")
    if refusal.get("field") in TEXTS:
        return refusal["code"] in CODES or any(word in refusal["detail"] for word in WORDS)
    return "only one of" in refusal["detail"]


@schemathesis.check
def accepted_or_refused_in_words(
    ctx: CheckContext, response: Response, case: Case[Any]
) -> bool | None:
    """What the description allows is accepted, unless only words can say why not."""
    return True if said_in_words(response) else positive_data_acceptance(ctx, response, case)


@schemathesis.check
def secured(ctx: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Every answer has the headers that keep browsers safe, and is not kept by anybody."""
    headers = {name: response.headers.get(name, [""])[0] for name in response.headers}
    assert headers.get("x-content-type-options") == "nosniff"
    assert "frame-ancestors 'none'" in headers.get("content-security-policy", "")
    is_file = case.method == "GET" and re.search(FILES, case.operation.path)
    if case.operation.path == PUBLIC_KEYS and response.status_code < 400:
        # What everybody may have, and asks for again and again.
        assert headers.get("cache-control") == "public, max-age=300"
    elif is_file and response.status_code < 400:
        assert headers.get("cache-control", "").startswith("private, ")
    else:
        assert headers.get("cache-control") == "no-store"
    return None


@schemathesis.check
def refused_in_one_shape(ctx: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Every refusal says what is wrong for people and for programs."""
    if response.status_code >= 400:
        refusal = response.json()
        assert refusal["detail"], "no words"
        assert refusal["code"], "no code"
    return None
