"""How each command of the table is given, on a connection of its own."""

from collections.abc import Callable
from typing import Any, Final

from tests.permissions.acts import WORDS, with_file
from tests.permissions.scene import GUEST, Scene
from tests.support import websocket

Fields = dict[str, Any]
COMMANDS: Final[dict[str, Callable[[Scene, str], Fields]]] = {
    "message": lambda _scene, _who: WORDS,
    "message (with a file of one's own)": with_file,
    "edit (one's own)": lambda scene, who: {**WORDS, "message_id": _message(scene, who)},
    "edit (the owner's)": lambda scene, _who: {**WORDS, "message_id": scene.messages["owner"]},
    "delete (one's own)": lambda scene, who: {"message_id": _message(scene, who)},
    "delete (the owner's)": lambda scene, _who: {"message_id": scene.messages["owner"]},
    "react": lambda scene, _who: {"message_id": scene.messages["owner"], "emoji": "👍"},
    "pin": lambda scene, _who: {"message_id": scene.messages["owner"]},
    "read": lambda scene, _who: {"message_id": scene.messages["member"]},
    "typing": lambda _scene, _who: {},
    "unsubscribe": lambda _scene, _who: {},
    "ping": lambda _scene, _who: {},
}
LASTING: Final = ("message (", "edit", "delete")


def _message(scene: Scene, who: str) -> int:
    return scene.messages.get(who, scene.messages["member"])


async def connected(scene: Scene, who: str, room_id: int | None) -> websocket.Client:
    """Open a connection as somebody: nobody without a name, the guest with one."""
    account = scene.cast.accounts.get(who)
    name = GUEST if who == "guest" else None
    headers = None if account is None else account.headers
    return await websocket.connect(scene.cast.server, room_id, name, headers=headers)


async def enter(scene: Scene, who: str) -> str:
    """Come in by the door of the room; `ok`, or the code of the refusal and of the close."""
    client = await connected(scene, who, scene.room_id)
    if who == "nobody":
        return await _refused(client)
    first = await client.next()
    if first["type"] != "error":
        await client.close()
        return "ok"
    return f"{first['code']} {await client.closed()}"


async def _refused(client: websocket.Client) -> str:
    refusal = await client.expect("error")
    return f"{refusal['code']} {await client.closed()}"


async def subscribe(scene: Scene, who: str) -> str:
    """Follow the room on a connection for many."""
    client = await connected(scene, who, None)
    if who == "nobody":
        return await _refused(client)
    outcome = await command(client, scene, "subscribe", {"after": 0})
    await client.close()
    return outcome


async def follow_and(scene: Scene, who: str, act: str) -> str:
    """Follow the room if it may be followed, and give a command about it all the same."""
    client = await connected(scene, who, None)
    if who == "nobody":
        return await _refused(client)
    await command(client, scene, "subscribe", {})
    fields = COMMANDS[act](scene, who)
    outcome = await command(client, scene, act.split(maxsplit=1)[0], fields)
    await client.close()
    return outcome


async def command(client: websocket.Client, scene: Scene, kind: str, fields: Fields) -> str:
    """Give one command and wait for what comes of it."""
    ours = {} if kind == "ping" else {"room_id": scene.room_id}
    await client.send(kind, **ours, **fields)
    answered = {
        "message": "message", "edit": "message_updated", "delete": "message_updated",
        "react": "message_updated", "pin": "message_updated", "read": "read", "subscribe": "sync",
    }.get(kind)  # fmt: skip
    if answered is None:
        # Nothing is answered, or by what the ping behind it is answered by as well.
        await client.send("ping")
        answered = "pong"
    while True:
        frame = await client.next()
        if frame["type"] == "error":
            return str(frame["code"])
        if frame["type"] == answered:
            return "ok"
