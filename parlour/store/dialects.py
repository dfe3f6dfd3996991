"""What SQLite and PostgreSQL say in different words: each thing is said here once, for both.

On SQLite all of it compiles to what would have been written there by hand.
"""

import contextlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    SmallInteger,
    Table,
    Text,
    bindparam,
    literal_column,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine


def is_sqlite(connection: Connection) -> bool:
    """Whether it is SQLite, for what there is on one of the two alone."""
    return connection.dialect.name == "sqlite"


def upsert(connection: Connection, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT."""
    if is_sqlite(connection):
        return sqlite.insert(table)
    # Most servers do without it.
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.insert(table)


def attempt(connection: Connection) -> AbstractContextManager[Any]:
    """Within it a broken constraint may be caught, and the transaction goes on.

    SQLite takes back a failed statement alone; PostgreSQL fails all that follows without this.
    """
    return contextlib.nullcontext() if is_sqlite(connection) else connection.begin_nested()


class Raw:
    """A statement past SQLAlchemy's handling of parameters, for where messages wait for it.

    It is written with SQLite's `?`, or `?1`, `?2` where one stands in several places.
    """

    def __init__(self, sql: str, count: int = 0) -> None:
        """`count` says how many there are, where they are numbered."""
        self.sqlite = sql
        self._names = [f"p{number}" for number in range(1, count + 1)]
        for number, name in enumerate(self._names, 1):
            sql = sql.replace(f"?{number}", f"%({name})s")
        self.postgresql = sql.replace("?", "%s")

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Once for each of the rows, of which there is at least one."""
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(self.sqlite, rows)
            return
        given: Any = rows
        if self._names:
            given = [dict(zip(self._names, row, strict=True)) for row in rows]
        connection.exec_driver_sql(self.postgresql, given)


# Lists of any length, handed over as one parameter in JSON


class _Each(FunctionElement[Any]):
    name = "json_each"
    inherit_cache = True


@compiles(_Each)
def _each(element: _Each, compiler: Any, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Each, "postgresql")
def _each_row(element: _Each, compiler: Any, **options: Any) -> str:
    given = compiler.process(element.clauses, **options)
    list_ = f"CAST({given} AS JSONB)"
    rows = f"jsonb_array_elements({list_}) WITH ORDINALITY AS each (value, place)"
    # Otherwise the planner takes any list for one of a hundred, and goes through whole tables for
    # the one or two that it mostly has.
    rows += f" LIMIT jsonb_array_length({list_})"
    return f"(SELECT place - 1 AS key, value FROM {rows})"  # noqa: S608 - no text of anybody's


class _Number(FunctionElement[int]):
    type: TypeEngine[int] = BigInteger()
    name = "number"
    inherit_cache = True


class _Small(_Number):
    """As PostgreSQL wants it to the right of `>>`."""

    type = SmallInteger()
    inherit_cache = True


class _Words(FunctionElement[str]):
    type = Text()
    name = "words"
    inherit_cache = True


def _path(element: FunctionElement[Any], compiler: Any, options: Any) -> tuple[str, str | None]:
    """A value of a list, and which element of it is meant where it is a list itself."""
    value, *place = element.clauses
    return compiler.process(value, **options), place[0].name if place else None


@compiles(_Number)
@compiles(_Words)
def _value(element: FunctionElement[Any], compiler: Any, **options: Any) -> str:
    value, place = _path(element, compiler, options)
    return value if place is None else f"json_extract({value}, '$[{place}]')"


@compiles(_Number, "postgresql")
def _number(element: _Number, compiler: Any, **options: Any) -> str:
    value, place = _path(element, compiler, options)
    kind = "INTEGER" if isinstance(element, _Small) else "BIGINT"
    return f"CAST({value if place is None else f'({value} -> {place})'} AS {kind})"


@compiles(_Words, "postgresql")
def _words(element: _Words, compiler: Any, **options: Any) -> str:
    value, place = _path(element, compiler, options)
    return f"({value} #>> '{{}}')" if place is None else f"({value} ->> {place})"


class Listed:
    """The elements of a list, as a table that others are joined to.

    Outer joins keep SQLite from beginning with the other table.
    """

    def __init__(
        self, parameter: str, source: ColumnElement[Any] | None = None, *, name: str | None = None
    ) -> None:
        """The list is the parameter of this name, or `source`."""
        source = bindparam(parameter, type_=Text()) if source is None else source
        self.table = _Each(source).table_valued("key", "value", name=name or parameter)
        self._value = self.table.c.value
        # The how-manieth it is, from 0.
        self.place: ColumnElement[int] = self.table.c.key
        self.number: ColumnElement[int] = _Number(self._value)
        self.words: ColumnElement[str] = _Words(self._value)
        # To shift another by.
        self.shift: ColumnElement[int] = _Small(self._value)

    def number_at(self, place: int) -> ColumnElement[int]:
        """Of elements that are lists themselves, the number at a place."""
        return _Number(self._value, literal_column(str(place)))

    def words_at(self, place: int) -> ColumnElement[str]:
        """The same of words."""
        return _Words(self._value, literal_column(str(place)))


# Functions


class greater(FunctionElement[int]):  # noqa: N801 - a function of SQL
    """The greater of two numbers; NULL where one of them is."""

    type = BigInteger()
    name = "greater"
    inherit_cache = True


@compiles(greater)
def _greater(element: greater, compiler: Any, **options: Any) -> str:
    return f"max({compiler.process(element.clauses, **options)})"


@compiles(greater, "postgresql")
def _greatest(element: greater, compiler: Any, **options: Any) -> str:
    # Its own passes over what is NULL.
    one, other = (compiler.process(each, **options) for each in element.clauses)
    both = f"{one} IS NOT NULL AND {other} IS NOT NULL"
    return f"CASE WHEN {both} THEN greatest({one}, {other}) END"


class extent(FunctionElement[int]):  # noqa: N801 - a function of SQL
    """About how long a text is, as quickly as that is known."""

    type = BigInteger()
    name = "extent"
    inherit_cache = True


@compiles(extent)
def _extent(element: extent, compiler: Any, **options: Any) -> str:
    return f"length({compiler.process(element.clauses, **options)})"


@compiles(extent, "postgresql")
def _extent_kept(element: extent, compiler: Any, **options: Any) -> str:
    # In bytes: to count letters it would fetch and unpack all of it.
    return f"octet_length({compiler.process(element.clauses, **options)})"


class total(FunctionElement[int]):  # noqa: N801 - a function of SQL
    """The sum of whole numbers as one of them; NULL of none."""

    type = BigInteger()
    name = "total"
    inherit_cache = True


@compiles(total)
def _total(element: total, compiler: Any, **options: Any) -> str:
    return f"sum({compiler.process(element.clauses, **options)})"


@compiles(total, "postgresql")
def _total_whole(element: total, compiler: Any, **options: Any) -> str:
    return f"CAST(sum({compiler.process(element.clauses, **options)}) AS BIGINT)"


def small(number: int) -> ColumnElement[int]:
    """A number of bits to shift by."""
    return sqlalchemy.literal(number, SmallInteger())


def contains(connection: Connection, column: ColumnElement[str], words: str) -> ColumnElement[bool]:
    """Whether words stand in a column, whatever the case of ASCII letters."""
    if is_sqlite(connection):
        return column.contains(words, autoescape=True)
    return column.icontains(words, autoescape=True)
