"""Files: sent, seen, described and taken back."""

import secrets
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.convertors import StringConvertor, register_url_convertor

from parlour import audience, filing
from parlour.context import Context
from parlour.delivering import RAW_BODY, Part, deliver, raw_answers
from parlour.editing import Edited
from parlour.errors import Refusal
from parlour.fields import IdParam
from parlour.files import MAX_ALT, Alt, File, FileChange, FileLimits, FileName, Thumbnail
from parlour.filing import Quotas
from parlour.identity import Admitted, ContextDep, Reader, person_of
from parlour.models import Person
from parlour.receiving import Received, too_large
from parlour.store.files import StoredFile
from parlour.support.images import MAX_PIXELS
from parlour.support.mediatypes import IMAGES, TEXT, named_as
from parlour.support.ranges import disposition
from parlour.web import StrictRoute, answers


class _FileIds(StringConvertor):
    """What stands in a path for a file, and nothing else: `limits` is another one."""

    regex = "[0-9a-f]{32}"


register_url_convertor("file", _FileIds())
router = APIRouter(prefix="/api/chat/files", route_class=StrictRoute, tags=["files"])

MAX_NAME: Final = 255
FilePath = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="The file.")]
Speaker = Annotated[
    str | None, Query(description="Who asks; not needed with a login.", examples=["alice"])
]
_READING: Final = ("not_signed_in", "not_found", "banned", "invalid", "range_invalid", "busy")
_CHANGING: Final = (
    "not_signed_in", "cross_site", "not_found", "not_allowed", "banned", "invalid", "empty",
    "too_long", "name_invalid", "name_taken", "name_reserved", "busy", "storage_full",
)  # fmt: skip


@router.post(
    "",
    status_code=201,
    openapi_extra=RAW_BODY,
    responses=answers(
        *_CHANGING, "archived", "muted", "too_large", "quota_full", "timeout", "bad_request"
    ),
)
async def post_file(
    request: Request,
    room_id: Annotated[IdParam, Query(description="The room that it is for.")],
    name: Annotated[
        FileName,
        Query(max_length=MAX_NAME, description="What it is called.", examples=["report.pdf"]),
    ],
    context: ContextDep,
    login: Admitted,
    username: Speaker = None,
    alt: Annotated[
        Alt, Query(max_length=MAX_ALT, description="Words for who does not see it.")
    ] = "",
) -> File:
    """Send a file for a message that is to be said in a room: its bytes are the body.

    It is asked first whether the file may be sent; then its body is read. What it is, is found out
    from what stands in it; images are written anew, without what they tell of their making.
    """
    person = person_of(context, request, login, username)
    if person.guest and context.settings.guest_files == "off":
        words = "Sign in to send files: here only people with an account may."
        raise Refusal("not_allowed", words)
    most = context.settings.max_file_size
    declared = int(request.headers.get("content-length", 0))
    if declared > most:
        raise too_large(most)
    async with context.receiving.place(person.author) as intake:
        quotas = _quotas(context)
        read = context.database.read
        spaces = await read(filing.check_upload, person, room_id, declared, quotas)
        bounds = [(most, too_large(most)), *((space.left, space.full()) for space in spaces)]
        # Without a length nothing but what has come says how large it is.
        bound, refusal = min(bounds, key=lambda each: each[0])
        received = await intake.examine(await intake.receive(request.stream(), bound, refusal))
        stored = _stored(received, person, room_id, name, alt)
        parts = [(stored.file.id, received.path)]
        if received.thumbnail is not None:
            parts.append((filing.thumbnail_key(stored.file.id), received.thumbnail))
        try:
            await intake.store(context.database, parts)
            file = await context.database.write(filing.keep_file, person, stored, quotas)
        except BaseException:
            await intake.give_up(context.database, [key for key, _ in parts])
            raise
    if file is None:
        raise filing.taken()
    return file


def _stored(received: Received, person: Person, room_id: int, name: str, alt: str) -> StoredFile:
    image, thumbnail = received.image, None
    if image is not None and image.thumbnail is not None:
        thumbnail = Thumbnail(width=image.thumbnail[0], height=image.thumbnail[1])
    file = File(
        id=secrets.token_hex(16),
        name=name if image is None else named_as(received.type, name),
        type=received.type,
        size=received.size,
        width=None if image is None else image.width,
        height=None if image is None else image.height,
        alt=alt,
        thumbnail=thumbnail,
    )
    return StoredFile(
        file, room_id, person.author, received.sha256, received.stored, attached=False
    )


def _quotas(context: Context) -> Quotas:
    return Quotas(context.settings.file_quota, context.settings.server_file_quota)


@router.get("/limits", responses=answers("not_signed_in", "banned"))
async def get_limits(context: ContextDep, _login: Admitted) -> FileLimits:
    """How large files may be, and who may send them."""
    settings = context.settings
    return FileLimits(
        max_file_size=settings.max_file_size,
        max_image_pixels=MAX_PIXELS,
        file_quota=settings.file_quota,
        guest_files=settings.guest_files == "on",
    )


@router.head("/{file_id:file}", include_in_schema=False)
@router.get(
    "/{file_id:file}",
    response_class=Response,
    responses=raw_answers("*/*") | answers(*_READING),
)
async def get_file(
    request: Request,
    file_id: FilePath,
    context: ContextDep,
    author: Reader,
    download: Annotated[
        Literal["0", "1"], Query(description="1 to have it saved, whatever it is.")
    ] = "0",
) -> Response:
    """The file, or the part of it that `Range` asks for. Images may be shown, all else is saved."""
    stored = await context.database.read(filing.get_file, author, file_id)
    file = stored.file
    shown = file.width is not None and file.type in IMAGES and download == "0"
    part = Part(
        key=file.id,
        size=file.size,
        type="text/plain; charset=utf-8" if file.type == TEXT else file.type,
        etag=f'"{stored.sha256}"',
        disposition=disposition(file.name, inline=shown),
    )
    return deliver(context.receiving.storage, part, request.headers)


@router.head("/{file_id:file}/thumbnail", include_in_schema=False)
@router.get(
    "/{file_id:file}/thumbnail",
    response_class=Response,
    responses=raw_answers("image/webp") | answers(*_READING),
)
async def get_thumbnail(
    request: Request, file_id: FilePath, context: ContextDep, author: Reader
) -> Response:
    """A small image of it, as WebP, where the file tells of a thumbnail."""
    stored = await context.database.read(filing.get_file, author, file_id)
    if stored.file.thumbnail is None:
        raise Refusal("not_found", "This file has no thumbnail.")
    key = filing.thumbnail_key(file_id)
    size = stored.bytes - stored.file.size
    part = Part(key, size, "image/webp", f'"{stored.sha256}t"', "inline")
    return deliver(context.receiving.storage, part, request.headers)


@router.patch(
    "/{file_id:file}",
    responses=answers(
        *_CHANGING,
        "archived",
        "muted",
        "edit_window_over",
        "slow_mode",
        "rate_limited",
        "bad_json",
        "too_large",
        "unsupported_type",
    ),
)
async def change_file(
    request: Request,
    file_id: FilePath,
    change: FileChange,
    context: ContextDep,
    login: Admitted,
    username: Speaker = None,
) -> File:
    """Describe a file of one's own for those who do not see it; the room is told.

    Once a message has it, that is an edit of the message.
    """
    person = person_of(context, request, login, username)

    def told(outcome: tuple[File, Edited | None]) -> Edited | None:
        return outcome[1]

    tell = audience.tell_change.after(context, told)
    window, limits = context.settings.edit_window, context.limits
    message_id = await context.database.read(filing.message_of, person, file_id)
    with limits.changing(person.author, message_id) as give_back:
        file, edited = await context.database.write(
            filing.set_alt, person, file_id, change.alt, window, then=tell
        )
    if edited is None:
        give_back()
    return file


@router.delete("/{file_id:file}", status_code=204, responses=answers(*_CHANGING))
async def delete_file(
    request: Request,
    file_id: FilePath,
    context: ContextDep,
    login: Admitted,
    username: Speaker = None,
) -> Response:
    """Take back a file of one's own that no message has."""
    person = person_of(context, request, login, username)

    def tell(_: None) -> None:
        context.receiving.stir.set()

    await context.database.write(filing.delete_file, person, file_id, then=tell)
    return Response(status_code=204)
