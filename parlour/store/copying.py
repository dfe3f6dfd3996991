"""All rows of a database, brought to one of the other kind with the same schema, and compared.

They are handed over as the one has them: both keep times and lists as the same texts, and sort
texts by their characters' numbers. What searches go by is left out: each has an index of its own
form, and makes it anew by itself.
"""

import hashlib
import json
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Table,
    delete,
    exists,
    func,
    select,
    text,
    update,
)

from parlour.store.dialects import is_sqlite, upsert
from parlour.store.messages import last_id
from parlour.store.meta import LAST_MESSAGE, OF_ONE_SERVER
from parlour.store.tables import (
    blobs,
    jobs,
    journal,
    meta,
    metadata,
    nodes,
    search_changes,
    search_state,
    storage_use,
)
from parlour.support.postgresql import NotTaken, take_in

Row = tuple[Any, ...]

# Rows that are fetched at once.
_PORTION: Final = 2_000
# What an empty database has, too, as jobs that there always are, or what triggers have made of the
# rows that came in before.
_ANEW: Final = (meta, jobs, storage_use)
# How many rows are told of at once, to whoever shows how far it is.
_TOLD: Final = 1_000


class Different(Exception):
    """The two do not say the same; the text says where."""


def tables() -> list[Table]:
    """What is copied, each table after those that it refers to."""
    left = (search_state, search_changes, storage_use, nodes, journal, blobs)
    # Triggers count in it the files that come in.
    return [*(table for table in metadata.sorted_tables if table not in left), storage_use]


def count(connection: Connection, table: Table) -> int:
    """How many rows there are to copy."""
    counted = select(func.count()).select_from(table).where(*_meant(table))
    return connection.execute(counted).scalar_one()


def is_used(connection: Connection) -> bool:
    """Whether somebody was ever here: an account, a room, or whatever comes of them."""
    told = [table for table in tables() if table not in _ANEW]
    return any(
        connection.execute(select(exists(select(1).select_from(table)))).scalar() for table in told
    )


def copy(
    source: Connection,
    target: Connection,
    table: Table,
    told: Callable[[int], object],
    whole: "hashlib._Hash | None" = None,
) -> None:
    """Copy a table. `told` is called with the number of further rows that are there.

    `whole` takes in what `digest` has of it afterwards. Raises NotTaken for what the target does
    not take.
    """
    if table in _ANEW:
        target.execute(delete(table))
    row: Row | None = None

    def each() -> Iterator[Row]:
        nonlocal row
        for found in _told(rows, told):
            row = found
            if whole is not None:
                whole.update(_digest(row))
            yield row

    with closing(_rows(source, table)) as rows:
        try:
            _take_in(target, table, each())
        except NotTaken as error:
            place = table.name if row is None else f"{table.name}, {_place(table, row)}"
            raise NotTaken(f"{error} ({place})") from error


def _take_in(target: Connection, table: Table, rows: Iterable[Row]) -> None:
    quote = target.dialect.identifier_preparer.quote
    names = [quote(column.name) for column in table.columns]
    place = f"{quote(table.name)} ({', '.join(names)})"
    if not is_sqlite(target):
        take_in(target, place, rows)
        return
    driver: Any = target.connection.driver_connection
    put = f"INSERT INTO {place} VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - our names
    driver.executemany(put, rows)


def finish(source: Connection, target: Connection) -> None:
    """See to it that no id is given a second time, though what had it is gone."""
    if is_sqlite(target):
        _keep_numbers_on_sqlite(source, target)
    else:
        _keep_numbers_on_postgresql(source, target)
    # The index is made anew, from the newest on, also where a server has begun one of nothing.
    target.execute(update(search_state).values(rules=""))


def _keep_numbers_on_postgresql(source: Connection, target: Connection) -> None:
    given = source.exec_driver_sql("SELECT name, seq FROM sqlite_sequence").all()
    for name, highest in given:
        if name != "messages" and highest > 0:
            statement = text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :highest)")
            target.execute(statement, {"table": name, "highest": highest})
    # Those of messages are given out by what there is, and by this where the last one is gone.
    last = {"name": LAST_MESSAGE, "value": str(last_id(source))}
    target.execute(upsert(target, meta).values(last).on_conflict_do_nothing())


def _keep_numbers_on_sqlite(source: Connection, target: Connection) -> None:
    statement = text("SELECT pg_get_serial_sequence(:table, 'id')")
    for table in tables():
        if not table.dialect_options["sqlite"]["autoincrement"]:
            continue
        highest = last_id(source)
        if table.name != "messages":
            sequence = source.scalar(statement, {"table": table.name})
            asked = f"SELECT last_value, is_called FROM {sequence}"  # noqa: S608 - its own name
            found = source.exec_driver_sql(asked).one()
            highest = found[0] if found[1] else 0
        target.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (table.name,))
        put = "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)"
        target.exec_driver_sql(put, (table.name, highest))
    # It would not be asked here, and be out of date where it is asked once more.
    target.execute(delete(meta).where(meta.c.name == LAST_MESSAGE))


def compare(
    source: Connection, target: Connection, table: Table, told: Callable[[int], object]
) -> str:
    """The digest of a table, which is the same on both, row by row. Raises Different."""
    whole = hashlib.sha256()
    with closing(_rows(source, table)) as ours, closing(_rows(target, table)) as theirs:
        for row in _told(ours, told):
            digest = _digest(row)
            other = next(theirs, None)
            if other is None or _digest(other) != digest:
                raise Different(f"{table.name}, {_place(table, row)}")
            whole.update(digest)
        if (more := next(theirs, None)) is not None:
            raise Different(f"{table.name}, {_place(table, more)}")
    return whole.hexdigest()


def digest(connection: Connection, table: Table, told: Callable[[int], object]) -> str:
    """The digest of a table, as `copy` takes it in."""
    whole = hashlib.sha256()
    with closing(_rows(connection, table)) as rows:
        for row in _told(rows, told):
            whole.update(_digest(row))
    return whole.hexdigest()


def _rows(connection: Connection, table: Table) -> Generator[Row, None, None]:
    """All of a table in the order of its primary key, as PostgreSQL has them."""
    columns = [column.label(column.name) for column in table.columns]
    asked = select(*columns).where(*_meant(table)).order_by(*table.primary_key.columns)
    # Past SQLAlchemy's types: what is copied and compared is what is stored.
    inline = {"literal_binds": True}
    statement = str(asked.compile(dialect=connection.dialect, compile_kwargs=inline))
    yesno = [isinstance(column.type, Boolean) for column in table.columns]
    options = {"stream_results": True, "yield_per": _PORTION}
    with connection.exec_driver_sql(statement, execution_options=options) as result:
        for row in result:
            yield tuple(
                bool(value) if is_yesno and value is not None else value
                for value, is_yesno in zip(row, yesno, strict=True)
            )


def _meant(table: Table) -> list[ColumnElement[bool]]:
    return [meta.c.name.not_in(OF_ONE_SERVER)] if table is meta else []


def _told(rows: Iterable[Row], told: Callable[[int], object]) -> Iterator[Row]:
    untold = 0
    for row in rows:
        yield row
        untold += 1
        if untold == _TOLD:
            told(untold)
            untold = 0
    told(untold)


def _digest(row: Row) -> bytes:
    # Whatever else than texts and numbers somebody has put there is another thing on each.
    return hashlib.sha256(json.dumps(row, ensure_ascii=False, default=repr).encode()).digest()


def _place(table: Table, row: Row) -> str:
    by_name = dict(zip((column.name for column in table.columns), row, strict=True))
    keys = (f"{column.name} {by_name[column.name]!r}" for column in table.primary_key.columns)
    return ", ".join(keys)
