"""Avatars: the images by which people are known."""

import secrets
from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field
from pydantic_core import PydanticCustomError

from parlour import filing
from parlour.context import Context, check_text_length
from parlour.delivering import AGAIN, FOR_EVER, RAW_BODY, Part, deliver, raw_answers
from parlour.errors import Refusal
from parlour.identity import Admitted, ContextDep, LoggedIn
from parlour.people import MAX_NAME, Avatar, User
from parlour.receiving import too_large
from parlour.store.files import StoredAvatar
from parlour.store.users import told_avatar
from parlour.support.names import account_username
from parlour.web import StrictRoute, answers

router = APIRouter(prefix="/api/users", route_class=StrictRoute, tags=["people"])

# An image of so many bytes is taken at most, and made a square of so many pixels.
MAX_BYTES: Final = 20_000_000
SIDE: Final = 256
MAX_NAMES: Final = 100


Version = Annotated[
    str | None, Query(max_length=64, description="Which; it may be kept for ever then.")
]


@router.head("/me/avatar", include_in_schema=False)
@router.get(
    "/me/avatar",
    response_class=Response,
    responses=raw_answers("image/webp")
    | answers("not_signed_in", "not_found", "too_long", "range_invalid", "busy"),
)
async def get_own_avatar(
    request: Request, context: ContextDep, login: LoggedIn, v: Version = None
) -> Response:
    """The image of oneself, a square as WebP."""
    return await _give(request, context, login.username, v)


@router.put(
    "/me/avatar",
    openapi_extra=RAW_BODY,
    responses=answers(
        "not_signed_in", "cross_site", "invalid", "empty", "too_large", "timeout", "bad_request",
        "busy", "storage_full",
    ),
)  # fmt: skip
async def put_avatar(request: Request, context: ContextDep, login: LoggedIn) -> User:
    """Be shown by an image: its bytes are the body, and the middle of it is taken."""
    most = min(MAX_BYTES, context.settings.max_file_size)
    if int(request.headers.get("content-length", 0)) > most:
        raise too_large(most)
    async with context.receiving.place(f"user:{login.user_id}") as intake:
        received = await intake.receive(request.stream(), most, too_large(most))
        square = await intake.square(received, SIDE)
        if square is None:
            words = "It is no PNG, JPEG, GIF, WebP, AVIF or HEIC image that can be read."
            raise Refusal("invalid", words)
        key = secrets.token_hex(16)
        try:
            await intake.store(context.database, [(key, square.path)])
            return await _keep(context, login.user_id, StoredAvatar(key, square.size))
        except BaseException:
            await intake.give_up(context.database, [key])
            raise


@router.delete(
    "/me/avatar", responses=answers("not_signed_in", "cross_site", "busy", "storage_full")
)
async def delete_avatar(context: ContextDep, login: LoggedIn) -> User:
    """Be shown without an image again."""
    return await _keep(context, login.user_id, None)


async def _keep(context: Context, user_id: int, avatar: StoredAvatar | None) -> User:
    def tell(_: User | None) -> None:
        context.receiving.stir.set()

    user = await context.database.write(filing.keep_avatar, user_id, avatar, then=tell)
    if user is None:
        raise filing.taken()
    return user


@router.get("/avatars", responses=answers("not_signed_in", "banned", "invalid", "too_long", "busy"))
async def get_avatars(
    names: Annotated[
        str,
        Query(
            max_length=6000,
            description=f"Up to {MAX_NAMES} usernames, separated by commas.",
            examples=["alice,bob"],
        ),
    ],
    context: ContextDep,
    _login: Admitted,
) -> Mapping[Annotated[str, Field(max_length=MAX_NAME)], Avatar | None]:
    """Who of these has an image, by the names as they were asked for; null for who has none."""
    asked = [name for name in dict.fromkeys(names.split(",")) if name]
    for name in asked:
        check_text_length("names", "username", name, MAX_NAME)
    if len(asked) > MAX_NAMES:
        words = f"names: There are at most {MAX_NAMES}; these are {len(asked)}."
        raise Refusal("invalid", words, field="names")
    return await context.database.read(filing.avatars_of, asked)


@router.head("/{username}/avatar", include_in_schema=False)
@router.get(
    "/{username}/avatar",
    response_class=Response,
    responses=raw_answers("image/webp")
    | answers("not_signed_in", "banned", "not_found", "too_long", "range_invalid", "busy"),
)
async def get_avatar(
    request: Request,
    username: Annotated[str, Path(max_length=MAX_NAME, description="Whose, in any case.")],
    context: ContextDep,
    _login: Admitted,
    v: Version = None,
) -> Response:
    """The image of an account, a square as WebP."""
    try:
        name = account_username(username)
    except PydanticCustomError:
        raise Refusal("not_found", "There is nobody with this name.") from None
    return await _give(request, context, name, v)


async def _give(request: Request, context: Context, username: str, v: str | None) -> Response:
    avatar = await context.database.read(filing.get_avatar, username)
    version = told_avatar(avatar.key)
    part = Part(
        key=avatar.key,
        size=avatar.size,
        type="image/webp",
        etag=f'"{version}"',
        disposition="inline",
        cache=FOR_EVER if v == version else AGAIN,
    )
    return deliver(context.receiving.storage, part, request.headers)
