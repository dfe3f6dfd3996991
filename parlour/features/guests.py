"""Coming in without an account: a name, and a cookie by which a browser stays the same guest."""

from fastapi import APIRouter, Request, Response

from parlour.errors import Refusal
from parlour.identity import (
    GUEST_COOKIE,
    ContextDep,
    guest_name,
    guest_of,
    is_secure,
    known_login,
)
from parlour.models import Person
from parlour.people import Guest, GuestCreate
from parlour.support.tokens import random_id
from parlour.web import StrictRoute, answers

router = APIRouter(prefix="/api/auth", route_class=StrictRoute, tags=["accounts"])


@router.post(
    "/guest",
    responses=answers(
        "guests_off", "banned", "not_signed_in", "cross_site", "invalid", "empty", "too_long",
        "name_invalid", "name_taken", "name_reserved", "bad_json", "too_large", "unsupported_type",
    ),
)  # fmt: skip
async def come_as_guest(
    request: Request, response: Response, guest: GuestCreate, context: ContextDep
) -> Guest:
    """Ask whether one may come in under a name, and get the cookie that makes one this guest.

    A browser that has the cookie keeps it and stays the same guest, under any name.
    """
    if context.policy.guests == "off":
        raise Refusal("guests_off", "Only people with an account may come in here.")
    # One that has ended is told so, and does not become a guest unawares.
    await known_login(context, request)
    name = guest_name(context, guest.username)
    guest_id = guest_of(context, request) or random_id()
    person = Person.by_cookie(name, guest_id)
    context.registry.check_banned(person.author)
    context.registry.check_guest(person)
    cookie = GUEST_COOKIE.set(context.tokens.guest(guest_id), secure=is_secure(request))
    response.headers["Set-Cookie"] = cookie
    return Guest(username=name)
