"""The shapes of files."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from parlour.fields import Count, Shape, bounded
from parlour.support.text import clean_file_name, clean_text

# Files that one message brings along, and characters of what is said of one.
MAX_FILES: Final = 10
MAX_ALT: Final = 1000


def _check_once(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(value)) < len(value):
        raise PydanticCustomError("invalid", "One of the files stands there twice")
    return value


def _clean_alt(value: str) -> str:
    return bounded(clean_text(value), MAX_ALT) if value.strip() else ""


FileName = Annotated[str, AfterValidator(clean_file_name)]
Alt = Annotated[str, AfterValidator(_clean_alt)]
FileId = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
FileIds = Annotated[
    tuple[FileId, ...],
    Field(max_length=MAX_FILES, json_schema_extra={"uniqueItems": True}),
    AfterValidator(_check_once),
]

_FILE_EXAMPLE: Final[dict[str, Any]] = {
    "id": "0f8a4c1e5d2b47c69e31a0b7d4f25c88",
    "name": "garden.jpg",
    "type": "image/jpeg",
    "size": 482113,
    "width": 3000,
    "height": 2000,
    "alt": "The garden in June",
    "thumbnail": {"width": 720, "height": 480},
}


class FileChange(Shape):
    """Other words for a file."""

    alt: Alt = Field(description="What who does not see it reads.", examples=["The garden"])


class Thumbnail(Shape):
    """The size of a small WebP image at `/api/chat/files/{id}/thumbnail`."""

    width: int = Field(description="Pixels.")
    height: int


class File(Shape):
    """A file that a message brings along."""

    model_config = ConfigDict(json_schema_extra={"examples": [_FILE_EXAMPLE]})

    id: str = Field(description="128 random bits; its address is `/api/chat/files/{id}`.")
    name: str
    type: str = Field(description="The media type by its content.")
    size: Count = Field(description="Bytes.")
    width: int | None = Field(None, description="Pixels, of an image.")
    height: int | None = None
    alt: str = Field("", description="Words for who does not see it.")
    thumbnail: Thumbnail | None = Field(None, description="Of an image that is larger than that.")


class FileLimits(Shape):
    """How large files may be, and who may send them."""

    max_file_size: int = Field(description="Bytes of one file.")
    max_image_pixels: int = Field(description="Width times height of an image.")
    file_quota: int = Field(description="Bytes of all files of one person; 0 for any number.")
    guest_files: bool = Field(description="Whether people without an account may send files.")
