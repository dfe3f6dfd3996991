"""Saying something and reading what was said."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import TypeAdapter, ValidationError

from parlour import places, replying
from parlour.commands import SendMessage
from parlour.context import Client, Context
from parlour.encoding import encode_message
from parlour.errors import Refusal
from parlour.fields import IdParam
from parlour.identity import Admitted, ContextDep, Reader, admitted, person_of
from parlour.mentioning import HERE
from parlour.models import Message, MessageCreate, Person, Room, check_said
from parlour.paging import HistoryQuery, RoomHistoryQuery
from parlour.permissions import check_speak
from parlour.protocol import RepeatedMessageEvent
from parlour.saying import accounts_in, publish, said_of
from parlour.storing import History, MessageDraft, StoredMessage
from parlour.support.counts import COUNTS
from parlour.web import QuickRoute, StrictRoute, answers, id_of

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
    if query.before is query.after is query.around is None:
        kept = context.pages
        room, body = await read(
            places.newest_page, author, room_id, query.limit, kept, _page.dump_json
        )
        return _told(room, body)
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
    return _told(history.room, _page.dump_json(history.messages))


def _told(room: Room, body: bytes) -> Response:
    stands = {"Parlour-Version": str(room.version), "Parlour-Epoch": room.epoch}
    return Response(body, media_type="application/json", headers=stands)


class Posts(QuickRoute):
    """Posting is what programs do most, so it is quick."""

    async def quick(self, request: Request, context: Context) -> Response | None:
        """As `post_message` does."""
        room_id = id_of(request.path_params["room_id"])
        names = request.query_params.getlist("username")
        # The body comes first: what is wrong with it is said before anything else is.
        body = await request.json() if await request.body() else None
        try:
            message = MessageCreate.model_validate(body)
        except ValidationError:
            return None
        if room_id is None or len(names) > 1:
            return None
        login = await admitted(request, context)
        person = person_of(context, request, login, names[0] if names else None)
        return await say(context, person, room_id, message)


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


router.add_api_route(
    "/api/chat/rooms/{room_id}/messages",
    post_message,
    methods=["POST"],
    route_class_override=Posts,
    status_code=201,
    response_model=Message,
    responses=_POSTED
    | answers(
        "not_signed_in", "cross_site", "not_found", "not_allowed", "banned", "archived", "muted",
        "slow_mode", "rate_limited", "invalid", "empty", "too_long", "name_invalid", "name_taken",
        "name_reserved", "bad_json", "too_large", "unsupported_type", "busy", "storage_full",
    ),
)  # fmt: skip


async def say(context: Context, person: Person, room_id: int, message: MessageCreate) -> Response:
    """Store what somebody says and tell it, then answer. Raises Refusal."""
    draft = _draft(context, room_id, person, message)

    tell = publish.after(context, partial(said_of, draft))
    limits = context.limits
    limits.check_room("message", room_id)
    try:
        stored = await context.database.store(draft, then=tell)
    except Refusal:
        limits.give_back("message", room_id)
        raise
    if stored.repeated:
        limits.give_back("message", room_id)
    else:
        COUNTS.messages += 1
    return Response(
        stored.message.model_dump_json(),
        status_code=200 if stored.repeated else 201,
        media_type="application/json",
    )


def _draft(
    context: Context, room_id: int, person: Person, said: MessageCreate | SendMessage
) -> MessageDraft:
    """A message on its way to the writer, with who is there just now where it calls them.

    Raises Refusal where there is nothing in it, or too much.
    """
    check_said(said.content, said.files, said.forward)
    content = said.content or ""
    context.check_length(content)
    if said.reply_to is None and "@" not in content:
        return MessageDraft(
            room_id, person, content, said.client_id, files=said.files, forward=said.forward
        )
    here = accounts_in(context, room_id) if HERE in content.casefold() else ()
    return MessageDraft(
        room_id, person, content, said.client_id, said.reply_to, here, [], said.files, said.forward
    )


def send_message(context: Context, client: Client, command: SendMessage) -> None:
    """Hand a message to the writer; its commit is told to the room, a repeat to its sender."""
    room_id = client.room_of(command.room_id)
    manager, connection = context.manager, client.connection
    check_speak(follows=manager.follows(connection, room_id))
    draft = _draft(context, room_id, client.person, command)
    limits = context.limits
    limits.check_room("message", room_id)

    def answer(outcome: StoredMessage | Exception) -> None:
        client.sent()
        if isinstance(outcome, Exception):
            limits.give_back("message", room_id)
            client.refuse(outcome, command.model_dump(include={"client_id", "room_id"}))
        elif (said := said_of(draft, outcome)) is None:
            limits.give_back("message", room_id)
            client.send(_repeated(outcome.message))
        else:
            COUNTS.messages += 1
            # Not by `Effect.after`, which takes three calls more: nothing else is said as often.
            publish(context, said)
            # Its room may have been left in the meantime; the sender is told all the same.
            if not manager.follows(connection, room_id):
                connection.send(encode_message(outcome.message))

    try:
        context.database.send(draft, answer, partial(_record, draft))
    except Refusal:
        limits.give_back("message", room_id)
        raise
    client.sending()


def _record(draft: MessageDraft, stored: StoredMessage) -> str | None:
    said = said_of(draft, stored)
    return None if said is None else publish.record(said)


def _repeated(message: Message) -> RepeatedMessageEvent:
    return RepeatedMessageEvent(room_id=message.room_id, version=message.version, message=message)
