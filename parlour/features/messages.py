"""Saying something and reading what was said."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import TypeAdapter

from parlour import places, replying
from parlour.context import Client, Context
from parlour.identity import Admitted, ContextDep, Reader, person_of
from parlour.models import (
    History,
    HistoryQuery,
    IdParam,
    Message,
    MessageCreate,
    MessageDraft,
    Person,
    RoomHistoryQuery,
    StoredMessage,
)
from parlour.permissions import check_speak
from parlour.protocol import MessageEvent, RepeatedMessageEvent, SendMessage, encode
from parlour.web import StrictRoute, answers

router = APIRouter(route_class=StrictRoute, tags=["messages"])

_page = TypeAdapter(list[Message])
_POSTED: dict[int | str, dict[str, Any]] = {
    200: {"model": Message, "description": "This `client_id` had made it before."}
}


@router.get(
    "/api/chat/rooms/{room_id}/messages",
    response_model=list[Message],
    responses=answers("not_signed_in", "not_found", "banned", "invalid", "too_long", "busy"),
)
async def get_messages(
    room_id: Annotated[IdParam, Path(description="The room.")],
    query: Annotated[RoomHistoryQuery, Query()],
    context: ContextDep,
    author: Reader,
) -> Response:
    """A page of the room's messages, oldest first: the newest page unless the query says where.

    With `ids` those messages, whatever `limit` says; those that are not in the room are left out.

    The headers `Parlour-Version` and `Parlour-Epoch` say where the room stood when it was read.
    """
    read = context.database.read
    if query.ids is not None:
        return _answer(await read(replying.get_messages, author, room_id, query.ids))
    history = await read(
        places.get_messages,
        author,
        room_id,
        limit=query.limit,
        before=query.before,
        after=query.after,
        around=query.around,
    )
    return _answer(history)


@router.get(
    "/api/chat/messages/{message_id}/replies",
    response_model=list[Message],
    responses=answers("not_signed_in", "not_found", "banned", "invalid", "busy"),
)
async def get_replies(
    message_id: Annotated[IdParam, Path(description="Any message of the chain.")],
    query: Annotated[HistoryQuery, Query()],
    context: ContextDep,
    author: Reader,
) -> Response:
    """A page of the chain of replies that a message belongs to, as of a room's messages.

    Its oldest one is the message that the chain began with; of a message without replies it is
    that alone.
    """
    history = await context.database.read(
        replying.get_replies,
        author,
        message_id,
        limit=query.limit,
        before=query.before,
        after=query.after,
        around=query.around,
    )
    return _answer(history)


def _answer(history: History) -> Response:
    # Encoded here: FastAPI would validate what comes from the database a second time.
    return Response(
        _page.dump_json(history.messages),
        media_type="application/json",
        headers={
            "Parlour-Version": str(history.room.version),
            "Parlour-Epoch": history.room.epoch,
        },
    )


@router.post(
    "/api/chat/rooms/{room_id}/messages",
    status_code=201,
    response_model=Message,
    responses=_POSTED
    | answers(
        "not_signed_in", "cross_site", "not_found", "banned", "archived", "muted", "slow_mode",
        "invalid", "empty", "too_long", "name_invalid", "name_taken", "name_reserved", "bad_json",
        "too_large", "unsupported_type", "busy", "storage_full",
    ),
)  # fmt: skip
async def post_message(
    request: Request,
    room_id: Annotated[IdParam, Path(description="The room.")],
    message: MessageCreate,
    context: ContextDep,
    login: Admitted,
    username: Annotated[
        str | None, Query(description="Who says it; not needed with a login.", examples=["alice"])
    ] = None,
) -> Response:
    """Say something. The answer comes when it is stored; a repeated `client_id` answers 200."""
    return await say(context, person_of(context, request, login, username), room_id, message)


async def say(context: Context, person: Person, room_id: int, message: MessageCreate) -> Response:
    """Store what somebody says and tell it, then answer. Raises Refusal."""
    context.check_length(message.content)

    def tell(stored: StoredMessage) -> None:
        if not stored.repeated:
            publish(context, stored.message)

    draft = MessageDraft(room_id, person, message.content, message.client_id, message.reply_to)
    stored = await context.database.store(draft, then=tell)
    return Response(
        stored.message.model_dump_json(),
        status_code=200 if stored.repeated else 201,
        media_type="application/json",
    )


def send_message(context: Context, client: Client, command: SendMessage) -> None:
    """Hand a message to the writer; its commit is told to the room, a repeat to its sender."""
    room_id = client.room_of(command.room_id)
    manager, connection = context.manager, client.connection
    check_speak(follows=manager.follows(connection, room_id))
    context.check_length(command.content)

    def answer(outcome: StoredMessage | Exception) -> None:
        client.sent()
        if isinstance(outcome, Exception):
            client.refuse(outcome, command.model_dump(include={"client_id", "room_id"}))
        elif outcome.repeated:
            client.send(_event_of(outcome.message, RepeatedMessageEvent))
        else:
            publish(context, outcome.message)
            # Its room may have been left in the meantime; the sender is told all the same.
            if not manager.follows(connection, room_id):
                client.send(_event_of(outcome.message))

    draft = MessageDraft(
        room_id, client.person, command.content, command.client_id, command.reply_to
    )
    context.database.send(draft, answer)
    client.sending()


def publish(context: Context, message: Message) -> None:
    """Tell a room of its newest message, which has been committed."""
    frame = encode(_event_of(message))
    context.manager.broadcast(message.room_id, frame, version=message.version)
    context.news.said(message.room_id, message.id, None if message.guest else message.username)


def _event_of(message: Message, kind: type[MessageEvent] = MessageEvent) -> MessageEvent:
    fields: dict[str, Any] = {
        "type": "message",
        "room_id": message.room_id,
        "version": message.version,
        "message": message,
    }
    if kind is RepeatedMessageEvent:
        fields["repeated"] = True
    return kind.trusted(fields)
