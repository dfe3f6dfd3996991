"""Files in a bucket of an S3-compatible store. Its keys come from the environment alone."""

import asyncio
import os
import re
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from parlour.settings import SettingsError
from parlour.storage import Missing, Portions, Unavailable

if TYPE_CHECKING:
    from obstore.store import S3Store

_CODE: Final = re.compile(r"<Code>(\w+)</Code>")
PORTION: Final = 128 * 1024
# In which what is asked for has to have come whole; in the first fifth of it, it is tried again.
TIMEOUT: Final = timedelta(seconds=300)
# Parts of a file that are sent at once, each of 5 MiB and in memory.
PARTS: Final = 2
# The names that every program for such stores reads them by.
KEY_ID, SECRET = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"


def open_store(
    endpoint: str, bucket: str, region: str, prefix: str, *, needed_by: str
) -> "S3Store":
    """What lies in a bucket below a prefix. Raises SettingsError when it cannot be used."""
    try:
        from obstore.store import S3Store  # noqa: PLC0415
    except ImportError:
        words = f"{needed_by} needs the package obstore: make setup EXTRAS=s3."
        raise SettingsError(words) from None
    missing = [name for name in (KEY_ID, SECRET) if not os.environ.get(name)]
    if missing:
        raise SettingsError(f"{needed_by} needs {' and '.join(missing)} in the environment.")
    return S3Store(
        bucket,
        prefix=prefix or None,
        endpoint=endpoint or None,
        region=region,
        access_key_id=os.environ[KEY_ID],
        secret_access_key=os.environ[SECRET],
        virtual_hosted_style_request=False,
        client_options={
            "allow_http": endpoint.startswith("http://"),
            "timeout": TIMEOUT,
            "connect_timeout": timedelta(seconds=10),
        },
        retry_config={"max_retries": 3, "retry_timeout": TIMEOUT / 5},
    )


class S3Storage:
    """Keeps each file as an object `parlour/KEY`."""

    def __init__(self, endpoint: str, bucket: str, region: str) -> None:
        """Raises SettingsError when it cannot be used."""
        self._store = open_store(endpoint, bucket, region, "parlour", needed_by="PARLOUR_S3_BUCKET")

    async def begin(self) -> None:
        """Nothing: a store that is away for a while is no reason not to start."""

    async def put(self, key: str, source: Path) -> None:
        """Send a file there, in parts where it is large; the one here is gone then."""
        from obstore.exceptions import BaseError  # noqa: PLC0415

        try:
            await self._store.put_async(key, source, max_concurrency=PARTS)
        except BaseError as error:
            raise Unavailable(f"the S3 store did not take a file: {words_of(error)}") from error
        await asyncio.to_thread(source.unlink)

    async def open(self, key: str, begin: int, end: int) -> Portions:
        """The bytes of a part. Raises Missing."""
        return self._portions(key, await self._stream(key, begin, end), begin, end)

    async def _stream(self, key: str, begin: int, end: int) -> AsyncIterator[bytes]:
        from obstore.exceptions import BaseError, NotFoundError  # noqa: PLC0415

        try:
            found = await self._store.get_async(key, options={"range": (begin, end)})
        except (NotFoundError, FileNotFoundError):
            raise Missing(key) from None
        except BaseError as error:
            raise Unavailable(f"the S3 store gives no file: {words_of(error)}") from error
        return found.stream(min_chunk_size=PORTION)

    async def _portions(
        self, key: str, stream: AsyncIterator[bytes], begin: int, end: int
    ) -> AsyncGenerator[bytes, None]:
        from obstore.exceptions import BaseError  # noqa: PLC0415

        came = begin
        while True:
            try:
                async for portion in stream:
                    data = bytes(portion)
                    begin += len(data)
                    yield data
            except BaseError as error:
                # It has to end in time, however slowly it is taken. What has brought something on
                # is asked for the rest.
                if begin == came:
                    raise Unavailable(f"the S3 store gives no file: {words_of(error)}") from error
            if begin in (came, end):
                return
            came, stream = begin, await self._stream(key, begin, end)

    async def exists(self, key: str) -> bool:
        """Whether there is such an object."""
        return await self.size(key) is not None

    async def size(self, key: str) -> int | None:
        """How many bytes an object has; None where there is none."""
        from obstore.exceptions import BaseError, NotFoundError  # noqa: PLC0415

        try:
            return (await self._store.head_async(key))["size"]
        except (NotFoundError, FileNotFoundError):
            return None
        except BaseError as error:
            raise Unavailable(f"the S3 store gives no file: {words_of(error)}") from error

    async def delete(self, key: str) -> None:
        """Take it away."""
        from obstore.exceptions import BaseError, NotFoundError  # noqa: PLC0415

        try:
            await self._store.delete_async(key)
        except (NotFoundError, FileNotFoundError):
            return
        except BaseError as error:
            raise Unavailable(f"the S3 store keeps a file: {words_of(error)}") from error

    async def keys(self) -> AsyncIterator[list[str]]:
        """The names of all objects, a page of the store's list at a time."""
        async for page in self.sizes():
            yield list(page)

    async def sizes(self) -> AsyncIterator[dict[str, int]]:
        """The same, with how many bytes each has."""
        from obstore.exceptions import BaseError  # noqa: PLC0415

        try:
            async for page in self._store.list(chunk_size=1000):
                yield {each["path"]: each["size"] for each in page}
        except BaseError as error:
            raise Unavailable(f"the S3 store lists no files: {words_of(error)}") from error

    async def close(self) -> None:
        """Nothing: it has no connection that would have to be closed."""


def words_of(error: BaseException) -> str:
    """What a store says, in one line."""
    # What is behind the first line is the whole request and answer, of which it may have a begin.
    text = str(error)
    code = _CODE.search(text)
    said = text.partition("\n")[0].partition(": <")[0]
    return said[:300] + ("" if code is None else f" ({code[1]})")
