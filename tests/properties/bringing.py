"""The rules by which actors of the state machine send files, describe them and take them back."""

from dataclasses import dataclass
from typing import Any

from httpx2 import Response
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.properties.actor import Actor
from tests.properties.machine import index, names
from tests.properties.model import Message, ModelRoom, key_of
from tests.properties.passing_on import PassingOn, some_message
from tests.support.files import FILES
from tests.support.people import checked

alts = st.sampled_from(["", "a list", "Zoë, eine Liste", "ein Bild 🚀"])


@dataclass
class ModelFile:
    """One file: what is told of it by itself, who sent it for which room, and what stands in it."""

    told: dict[str, Any]
    author: str
    room_id: int
    data: bytes
    # The message that it came with.
    message_id: int | None = None


def any_file(machine: "Bringing") -> bool:
    """Whether a file was sent that may be there."""
    return bool(machine.files)


class Bringing(PassingOn):
    """Files by several people for several rooms, in messages of both doors, and without any."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.files: list[ModelFile] = []

    # What the model says of them

    def holders(self, file: ModelFile) -> list[tuple[ModelRoom, Message]]:
        """The messages that have a file, whoever said them: nothing is left of deleted ones."""
        return [
            (room, message)
            for room in self.model.rooms.values()
            for message in room.messages
            for each in (*message["files"], *(message["forwarded"] or {"files": []})["files"])
            if each["id"] == file.told["id"]
        ]

    def file(self, which: int) -> ModelFile:
        """One of the files, there or gone with its message.

        Those that no message has go with their room in their own time: nothing is said of them.
        """
        self.files = [
            each
            for each in self.files
            if each.room_id in self.model.rooms or each.message_id is not None
        ]
        return self.files[which % len(self.files)] if self.files else self._none

    @property
    def _none(self) -> ModelFile:
        return ModelFile({"id": "0" * 32, "alt": ""}, "", 0, b"", message_id=0)

    def is_gone(self, file: ModelFile) -> bool:
        """Whether nothing has it any more."""
        return file.message_id is not None and not self.holders(file)

    def why_not(self, file: ModelFile, name: str) -> str | None:
        """Why somebody cannot change a file, if they cannot."""
        if self.is_gone(file):
            return "not_found"
        if file.author != key_of(name):
            # To others it is there once a message has it.
            return "not_found" if file.message_id is None else "not_allowed"
        return None

    # What is done with them

    @precondition(lambda self: self.model.rooms)
    @rule(name=names, where=index, alt=alts)
    def upload(self, name: str, where: int, alt: str) -> None:
        """Send a file for a room; nobody is told of it."""
        self._upload(name, self.room(where), alt)

    def _upload(self, name: str, room: ModelRoom, alt: str) -> ModelFile:
        data = self.words("in a file")[0].encode()
        called = f"{self.said}.txt"
        params: dict[str, Any] = {
            "room_id": room.id, "name": called, "alt": alt, "username": name,
        }  # fmt: skip
        told = checked(self.run(self.http.post(FILES, params=params, content=data)))
        assert told == {
            "id": told["id"], "name": called, "type": "text/plain", "size": len(data),
            "width": None, "height": None, "alt": alt, "thumbnail": None,
        }  # fmt: skip
        self.files.append(ModelFile(told, key_of(name), room.id, data))
        return self.files[-1]

    @precondition(lambda self: self.model.rooms)
    @rule(name=names, number=index, where=index, alt=alts, words=st.booleans())
    def say_with_a_new_one(
        self, name: str, number: int, where: int, alt: str, *, words: bool
    ) -> None:
        """Send a file and say something with it, as people do."""
        present = [actor for actor in self.online if actor.following]
        actor = present[number % len(present)] if present and number % 4 else None
        room = self.room(where)
        if actor is not None:
            name = actor.name
            room = list(actor.following.values())[where % len(actor.following)]
        self._say([self._upload(name, room, alt)], name, actor, room, words=words)

    @precondition(any_file)
    @rule(
        number=index, which=st.lists(index, min_size=1, max_size=2), words=st.booleans(),
        astray=st.integers(0, 3),
    )  # fmt: skip
    def say_with_files(self, number: int, which: list[int], astray: int, *, words: bool) -> None:
        """Say it with any; those of others, of other rooms, that are gone or taken are refused."""
        wanted = list({id(file): file for file in map(self.file, which)}.values())
        if not wanted[0].author:
            return
        room = self.model.rooms.get(wanted[0].room_id)
        # Mostly whoever sent the first, where they sent it; now and then anybody, anywhere.
        theirs = [each for each in self.online if key_of(each.name) == wanted[0].author]
        actor = None
        if self.online and not astray:
            actor = self.actor(number)
        elif theirs and number % 2:
            actor = theirs[0]
        if room is None or not astray:
            room = self.room(number)
        name = wanted[0].author if actor is None else actor.name
        self._say(wanted, name, actor, room, words=words)

    def _say(
        self, wanted: list[ModelFile], name: str, actor: Actor | None, room: ModelRoom, *,
        words: bool,
    ) -> None:  # fmt: skip
        fields: dict[str, Any] = {"files": [file.told["id"] for file in wanted]}
        if words:
            fields["content"] = self.words("see this")[0]
        refusal = self._why_not_said(wanted, name, room)
        if actor is None:
            path = f"/api/chat/rooms/{room.id}/messages"
            answer = self.run(self.http.post(path, params={"username": name}, json=fields))
            told = answer.json()
            if refusal is not None:
                assert (told["code"], told["field"]) == (refusal, "files")
                return
            assert answer.status_code == 201
        else:
            self.run(actor.client.send("message", room_id=room.id, **fields))
            if room.id not in actor.following:
                self.refused(actor, "not_allowed", room_id=room.id)
                return
            if refusal is not None:
                self.refused(actor, refusal, room_id=room.id, field="files")
                return
            new = {"files": [file.told for file in wanted]}
            told = self.run(actor.until("message", room_id=room.id, message=new))["message"]
        assert told["content"] == fields.get("content", "").strip()
        assert told["files"] == [file.told for file in wanted]
        self.model.store(room, told)
        for file in wanted:
            file.message_id = told["id"]

    def _why_not_said(self, wanted: list[ModelFile], name: str, room: ModelRoom) -> str | None:
        for file in wanted:
            if self.is_gone(file) or file.author != key_of(name):
                return "not_found"
            if file.room_id != room.id or file.message_id is not None:
                return "not_allowed"
        return None

    @precondition(lambda self: self.online and some_message(self))
    @rule(number=index, where=index, which=index)
    def take_words_away(self, number: int, where: int, which: int) -> None:
        """Leave a message only what it brings along, if it brings anything."""
        room, message = self.message(where, which)
        actor, echo = self.actor(number), {"room_id": room.id}
        self.run(actor.client.send("edit", message_id=message["id"], content=" ", **echo))
        if key_of(actor.name) != key_of(message["username"]):
            self.refused(actor, "not_allowed", **echo)
        elif message["deleted_at"]:
            self.refused(actor, "not_found", **echo)
        elif not (message["files"] or message["forwarded"]):
            self.refused(actor, "empty", field="content", **echo)
        else:
            this = {"id": message["id"]}
            told = self.run(actor.until("message_updated", message=this))["message"]
            if message["content"] == "":
                assert told == message
                return
            assert told["edited_at"]
            self.model.change(room, told, content="", edited_at=told["edited_at"])

    @precondition(any_file)
    @rule(which=index, alt=alts, stranger=st.integers(0, 3))
    def describe(self, which: int, alt: str, stranger: int) -> None:
        """Describe a file anew: its own message tells it, those that passed it on do not."""
        file = self.file(which)
        name = file.author if stranger and file.author else "a stranger"
        answer = self._ask("PATCH", file, name, {"alt": alt})
        refusal = self.why_not(file, name)
        if refusal is not None:
            assert answer.json()["code"] == refusal
            return
        before, file.told = file.told, {**file.told, "alt": alt}
        assert checked(answer) == file.told
        for room, message in self.holders(file):
            if message["id"] != file.message_id or before == file.told:
                continue
            around = {"around": message["id"], "limit": 1}
            [fresh] = self.get(f"/api/chat/rooms/{room.id}/messages", around)
            files = [
                file.told if each["id"] == file.told["id"] else each for each in message["files"]
            ]
            self.model.change(room, fresh, files=files)

    @precondition(any_file)
    @rule(which=index, stranger=st.integers(0, 3))
    def take_back(self, which: int, stranger: int) -> None:
        """Take a file back that no message has."""
        file = self.file(which)
        name = file.author if stranger and file.author else "a stranger"
        answer = self._ask("DELETE", file, name)
        refusal = self.why_not(file, name) or (file.message_id is not None and "not_allowed")
        if refusal:
            assert answer.json()["code"] == refusal
            return
        assert answer.status_code == 204
        self.files.remove(file)

    @precondition(any_file)
    @rule(which=index)
    def fetch_file(self, which: int) -> None:
        """Fetch a file: it is there for everybody as long as a message of a room has it."""
        file = self.file(which)
        answer = self.run(self.http.get(f"{FILES}/{file.told['id']}"))
        if self.holders(file):
            assert (answer.status_code, answer.content) == (200, file.data)
        else:
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    def _ask(self, how: str, file: ModelFile, name: str, body: Any = None) -> Response:
        return self.run(
            self.http.request(
                how, f"{FILES}/{file.told['id']}", params={"username": name}, json=body
            )
        )
