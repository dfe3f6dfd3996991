"""A room's whole history, read page by page."""

from typing import Any

from httpx2 import AsyncClient

from tests.support.people import checked

PAGE = 200


class PassingError(Exception):
    """What was asked for is refused for now."""


async def read_history(http: AsyncClient, room_id: int) -> tuple[int, list[dict[str, Any]]]:
    """Return a room's version and all its messages, page by page from the oldest on.

    Ids rise in the order of creation, so what is new meanwhile comes with the later pages: the
    pages together are the history as it stood at the last one.
    """
    messages: list[dict[str, Any]] = []
    while True:
        after = messages[-1]["id"] if messages else 1
        place = {"after": after} if messages else {"around": 1}
        answer = await http.get(
            f"/api/chat/rooms/{room_id}/messages", params={"limit": PAGE, **place}
        )
        if answer.status_code == 503:
            raise PassingError(answer.text)
        page = checked(answer)
        messages += page
        if len(page) < PAGE:
            return int(answer.headers["Parlour-Version"]), messages
