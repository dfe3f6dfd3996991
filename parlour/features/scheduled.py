"""Saying something later: it is one's own business until then."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import TypeAdapter

from parlour import scheduling
from parlour.audience import tell_scheduled
from parlour.fields import IdParam
from parlour.identity import ContextDep, LoggedIn, account_of
from parlour.later import Scheduled, ScheduledChange, ScheduledCreate
from parlour.models import Message, check_said
from parlour.protocol import ScheduledUpdatedEvent
from parlour.web import StrictRoute, answers

router = APIRouter(prefix="/api/chat", route_class=StrictRoute, tags=["messages"])

ScheduledPath = Annotated[IdParam, Path(description="What is said later.")]
_WRITES = ("not_signed_in", "cross_site", "invalid", "busy", "storage_full")
_BODY = ("empty", "too_long", "bad_json", "too_large", "unsupported_type")
_SPEECH = ("not_found", "not_allowed", "banned", "archived", "muted")
_list = TypeAdapter(list[Scheduled])
_KNOWN: dict[int | str, dict[str, Any]] = {
    200: {"model": Scheduled, "description": "This `client_id` had made it before."}
}


@router.post(
    "/rooms/{room_id}/scheduled",
    status_code=201,
    response_model=Scheduled,
    responses=_KNOWN | answers(*_WRITES, *_BODY, *_SPEECH),
)
async def schedule_message(
    room_id: Annotated[IdParam, Path(description="The room.")],
    new: ScheduledCreate,
    context: ContextDep,
    login: LoggedIn,
) -> Response:
    """Say something later. Whether one may is asked now, and once more at that time."""
    check_said(new.content, new.files, None)
    context.check_length(new.content or "")

    def told(outcome: tuple[Scheduled, bool]) -> tuple[int, ScheduledUpdatedEvent] | None:
        scheduled, is_new = outcome
        return (login.user_id, ScheduledUpdatedEvent(scheduled=scheduled)) if is_new else None

    scheduled, is_new = await context.database.write(
        scheduling.schedule, account_of(login), login.user_id, room_id, new,
        then=tell_scheduled.after(context, told),
    )  # fmt: skip
    return _answer(scheduled, 201 if is_new else 200)


@router.get(
    "/scheduled", response_model=list[Scheduled], responses=answers("not_signed_in", "busy")
)
async def list_scheduled(context: ContextDep, login: LoggedIn) -> Response:
    """What one says later, or was refused when its time had come; the next one first."""
    found = await context.database.read(scheduling.list_scheduled, login.user_id)
    return Response(_list.dump_json(found), media_type="application/json")


@router.patch(
    "/scheduled/{scheduled_id}",
    response_model=Scheduled,
    responses=answers(*_WRITES, *_BODY, "not_found"),
)
async def change_scheduled(
    scheduled_id: ScheduledPath, change: ScheduledChange, context: ContextDep, login: LoggedIn
) -> Response:
    """Say it in other words or at another time; by another time what had failed waits again."""
    changes = change.changes()
    context.check_length(changes.get("content", ""))

    def told(scheduled: Scheduled) -> tuple[int, ScheduledUpdatedEvent] | None:
        return (login.user_id, ScheduledUpdatedEvent(scheduled=scheduled)) if changes else None

    scheduled = await context.database.write(
        scheduling.change, login.user_id, scheduled_id, changes,
        then=tell_scheduled.after(context, told),
    )  # fmt: skip
    return _answer(scheduled, 200)


@router.delete(
    "/scheduled/{scheduled_id}", status_code=204, responses=answers(*_WRITES, "not_found")
)
async def delete_scheduled(
    scheduled_id: ScheduledPath, context: ContextDep, login: LoggedIn
) -> Response:
    """Do not say it. Its files wait for another message."""
    tell = tell_scheduled.after(context)
    await context.database.write(scheduling.delete, login.user_id, scheduled_id, then=tell)
    return Response(status_code=204)


@router.post(
    "/scheduled/{scheduled_id}/now",
    status_code=201,
    response_model=Message,
    responses=answers(*_WRITES, *_SPEECH, "slow_mode", "rate_limited"),
)
async def send_scheduled_now(
    scheduled_id: ScheduledPath, context: ContextDep, login: LoggedIn
) -> Response:
    """Say it now, as any other message. Where that is refused it stays as it is."""
    found = await context.database.read(scheduling.get, login.user_id, scheduled_id)
    sent = await context.database.write(
        scheduling.send_now, account_of(login), login.user_id, scheduled_id,
        scheduling.here_for(context, found), then=scheduling.telling(context),
    )  # fmt: skip
    scheduling.count(sent)
    assert sent.stored is not None  # noqa: S101 - or it was refused
    return Response(
        sent.stored.message.model_dump_json(), status_code=201, media_type="application/json"
    )


def _answer(scheduled: Scheduled, status: int) -> Response:
    return Response(scheduled.model_dump_json(), status_code=status, media_type="application/json")
