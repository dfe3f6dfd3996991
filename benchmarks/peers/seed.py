"""The design that Parlour grew from, taken literally: one handler, one loop, one commit a message.

FastAPI, a ConnectionManager that sends JSON to one connection after the other, and SQLite as the
design's prose has it: a connection from a context manager, INSERT and COMMIT for each message.

    python seed.py PORT DATABASE [--quiet]

With `--quiet` only newcomers hear of their coming: rooms of thousands are filled in seconds then,
where each join would otherwise send the list of all to all. Messages are as they were.
"""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, HTTPException, Query, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, Field

DATABASE = Path(sys.argv[2] if len(sys.argv) > 2 else "chat.db")
QUIET = "--quiet" in sys.argv

SCHEMA = """
CREATE TABLE IF NOT EXISTS rooms (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    room_id INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    username TEXT NOT NULL,
    content TEXT NOT NULL,
    timestamp TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_room_id ON messages (room_id);
CREATE INDEX IF NOT EXISTS messages_timestamp ON messages (timestamp);
"""


class RoomCreate(BaseModel):
    """What makes a room."""

    name: str = Field(min_length=1, max_length=100)


class WebSocketMessage(BaseModel):
    """What a client sends."""

    type: str
    content: str = Field("", max_length=1000)


@contextmanager
def get_db() -> Iterator[sqlite3.Connection]:
    """Yield a connection, committed at the end."""
    connection = sqlite3.connect(DATABASE)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()


def init_db() -> None:
    """Make the tables and indexes."""
    with get_db() as connection:
        connection.executescript(SCHEMA)


class ChatDatabase:
    """The operations on rooms and messages."""

    @staticmethod
    def create_room(name: str) -> dict[str, Any]:
        """Insert a room."""
        now = datetime.now(UTC).isoformat()
        with get_db() as connection:
            statement = "INSERT INTO rooms (name, created_at) VALUES (?, ?)"
            room_id = connection.execute(statement, (name, now)).lastrowid
        return {"id": room_id, "name": name, "created_at": now}

    @staticmethod
    def room_exists(room_id: int) -> bool:
        """Whether there is such a room."""
        with get_db() as connection:
            found = connection.execute("SELECT 1 FROM rooms WHERE id = ?", (room_id,)).fetchone()
        return found is not None

    @staticmethod
    def create_message(room_id: int, username: str, content: str) -> dict[str, Any]:
        """Insert a message."""
        now = datetime.now(UTC).isoformat()
        with get_db() as connection:
            statement = (
                "INSERT INTO messages (room_id, username, content, timestamp) VALUES (?, ?, ?, ?)"
            )
            message_id = connection.execute(statement, (room_id, username, content, now)).lastrowid
        return {
            "id": message_id,
            "room_id": room_id,
            "username": username,
            "content": content,
            "timestamp": now,
        }


class ConnectionManager:
    """Who is in which room."""

    def __init__(self) -> None:
        self.rooms: dict[int, dict[WebSocket, str]] = {}

    def users(self, room_id: int) -> list[str]:
        """Name everybody in a room once."""
        return list(dict.fromkeys(self.rooms.get(room_id, {}).values()))

    async def connect(self, websocket: WebSocket, room_id: int, username: str) -> None:
        """Register a connection."""
        await websocket.accept()
        self.rooms.setdefault(room_id, {})[websocket] = username

    def disconnect(self, websocket: WebSocket, room_id: int) -> None:
        """Forget a connection."""
        members = self.rooms.get(room_id, {})
        members.pop(websocket, None)
        if not members:
            self.rooms.pop(room_id, None)

    async def broadcast(self, room_id: int, event: dict[str, Any]) -> None:
        """Send an event to everybody in a room, and clean up those who are gone."""
        gone = []
        for connection in list(self.rooms.get(room_id, {})):
            try:
                await connection.send_json(event)
            except (RuntimeError, WebSocketDisconnect):
                gone.append(connection)
        for connection in gone:
            self.disconnect(connection, room_id)


app = FastAPI()
manager = ConnectionManager()


def _presence(kind: str, username: str) -> dict[str, Any]:
    return {"type": kind, "username": username, "timestamp": datetime.now(UTC).isoformat()}


async def _tell_presence(kind: str, room_id: int, username: str) -> None:
    await manager.broadcast(room_id, _presence(kind, username))
    await manager.broadcast(room_id, {"type": "user_list", "users": manager.users(room_id)})


@app.get("/healthz")
async def health() -> dict[str, str]:
    """Answer."""
    return {"status": "ok"}


@app.post("/api/chat/rooms", status_code=201)
async def create_room(room: RoomCreate) -> dict[str, Any]:
    """Make a room."""
    return ChatDatabase.create_room(room.name)


@app.websocket("/ws/chat/{room_id}")
async def chat(websocket: WebSocket, room_id: int, username: Annotated[str, Query()]) -> None:
    """Serve one connection from its coming to its going."""
    if not ChatDatabase.room_exists(room_id):
        raise HTTPException(404, "Room not found")
    await manager.connect(websocket, room_id, username)
    try:
        if QUIET:
            users = manager.users(room_id)
            await websocket.send_json({"type": "user_list", "users": users})
        else:
            await _tell_presence("join", room_id, username)
        while True:
            command = WebSocketMessage.model_validate(await websocket.receive_json())
            if command.type == "message":
                message = ChatDatabase.create_message(room_id, username, command.content)
                await manager.broadcast(room_id, {"type": "message", "message": message})
            elif command.type == "typing":
                await manager.broadcast(room_id, _presence("typing", username))
    except (RuntimeError, WebSocketDisconnect):
        pass
    finally:
        manager.disconnect(websocket, room_id)
        if not QUIET:
            await _tell_presence("leave", room_id, username)


if __name__ == "__main__":
    init_db()
    # Compression is off, which halves what a delivery costs.
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="warning",
        ws_per_message_deflate=False,
    )
