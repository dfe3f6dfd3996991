"""One's own data: taken along as an archive; and leaving for good."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from parlour import removing, takeouts
from parlour.delivering import AGAIN, Part, deliver, raw_answers
from parlour.errors import Refusal
from parlour.identity import ContextDep, LoggedIn, account_of
from parlour.leaving import Again, Leaving, OwnExport
from parlour.signing import BODY, WRITES, check_again, take_cookies
from parlour.support.ranges import disposition
from parlour.web import StrictRoute, answers

router = APIRouter(prefix="/api/users/me", route_class=StrictRoute, tags=["people"])

_ASKED = ("not_signed_in", "wrong_credentials", "rate_limited", *BODY, *WRITES)


@router.get("/export", responses=answers("not_signed_in", "busy"))
async def get_export(context: ContextDep, login: LoggedIn) -> OwnExport:
    """What becomes of the archive of one's own data."""
    return await context.database.read(takeouts.state_of, login.user_id)


@router.post("/export", status_code=202, responses=answers(*_ASKED))
async def ask_for_export(
    request: Request, again: Again, context: ContextDep, login: LoggedIn
) -> OwnExport:
    """Have an archive made of one's own data; the former one goes.

    While one is made, and for ten minutes after, that is it.
    """
    await check_again(context, request, login, again.password)
    tell = takeouts.tell_due.after(context)
    return await context.database.write(takeouts.ask, login.user_id, then=tell)


@router.get(
    "/export/archive",
    response_class=Response,
    responses=raw_answers("application/x-tar")
    | answers("not_signed_in", "not_found", "range_invalid", "busy"),
)
async def get_archive(request: Request, context: ContextDep, login: LoggedIn) -> Response:
    """The archive, for whoever it is of alone."""
    kept = await context.database.read(takeouts.find, login.user_id)
    if kept is None or kept.expires_at is None or kept.expires_at <= datetime.now(UTC):
        raise Refusal("not_found", "There is no archive; have one made.")
    name = f"parlour-{login.username}-{kept.asked_at:%Y%m%d}.tar"
    part = Part(
        key=kept.key, size=kept.size, type="application/x-tar", etag=f'"{kept.key[:16]}"',
        disposition=disposition(name, inline=False), cache=AGAIN,
    )  # fmt: skip
    return deliver(context.receiving.storage, part, request.headers)


@router.post("/removal", status_code=204, responses=answers("not_allowed", *_ASKED))
async def leave(
    request: Request, leaving: Leaving, context: ContextDep, login: LoggedIn
) -> Response:
    """Leave for good: nobody comes in as this account any more.

    What it has written stays without its name, or goes; others see that within moments, of very
    much within minutes. The last administrator stays.
    """
    await check_again(context, request, login, leaving.password)
    await context.database.write(
        removing.remove, account_of(login), login.user_id, leaving.mode,
        then=removing.person_removed.after(context),
    )  # fmt: skip
    return take_cookies(request, Response(status_code=204))
