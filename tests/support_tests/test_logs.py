"""Logs: lines on standard error from a level on, and never a query string in them."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from parlour.support.logs import REQUEST, hide_queries, log_fault, set_up

TOUCHED = ("", "uvicorn", "uvicorn.error", "uvicorn.access", "alembic")


@contextmanager
def own_logging() -> Iterator[None]:
    """Be like a process that has just begun, without pytest's handlers, for the block's length."""
    loggers = [logging.getLogger(name) for name in TOUCHED]
    before = [(each, each.level, list(each.handlers), list(each.filters)) for each in loggers]
    for each in loggers:
        each.handlers.clear()
    try:
        yield
    finally:
        for each, level, handlers, filters in before:
            each.setLevel(level)
            each.handlers[:] = handlers
            each.filters[:] = filters


@pytest.mark.parametrize("name", ["uvicorn.error", "uvicorn.access"])
def test_queries_are_cut_off_paths_in_uvicorns_lines(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """They may name people or carry a ticket."""
    hide_queries()
    logger = logging.getLogger(name)
    with caplog.at_level(logging.INFO, name):
        logger.info('%s - "WebSocket %s" [accepted]', ("127.0.0.1", 1), "/ws/chat/1?username=ada")
        logger.info('%s - "%s %s HTTP/%s" %d', "127.0.0.1", "GET", "/x?ticket=secret", "1.1", 200)
        logger.info("no arguments? none")
        logger.info("%(path)s", {"path": "by name"})
    assert "ada" not in caplog.text
    assert "secret" not in caplog.text
    assert '"WebSocket /ws/chat/1" [accepted]' in caplog.text
    assert '"GET /x HTTP/1.1" 200' in caplog.text
    assert "no arguments? none" in caplog.text
    assert "by name" in caplog.text


def test_hiding_twice_is_hiding_once() -> None:
    """A server may be started again in the same process."""
    hide_queries()
    once = list(logging.getLogger("uvicorn.error").filters)
    hide_queries()
    assert logging.getLogger("uvicorn.error").filters == once


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_lines_are_shown_from_the_level_on(
    level: str, shown: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error, with time, level and name; standard output stays for results."""
    logger = logging.getLogger("parlour.somewhere")
    with own_logging():
        set_up(level)
        for each in ("debug", "info", "warning", "error"):
            getattr(logger, each)("a line at %s", each)
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert [line.rpartition(" ")[2] for line in lines] == shown
    for line, name in zip(lines, shown, strict=True):
        assert f" {name.upper()} parlour.somewhere: a line at {name}" in line


@pytest.mark.parametrize("name", ["uvicorn", "uvicorn.error", "alembic"])
def test_what_others_say_is_shown_from_warnings_on(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Uvicorn logs at info every connection, and at debug every frame with its content."""
    with own_logging():
        set_up("debug")
        logging.getLogger(name).info("chatter")
        logging.getLogger(name).warning("trouble")
    err = capsys.readouterr().err
    assert "chatter" not in err
    assert "trouble" in err


def test_a_client_that_sends_no_utf8_is_not_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    """Anybody could fill the log with tracebacks."""
    with own_logging():
        set_up("debug")
        logging.getLogger("uvicorn.error").error("Invalid UTF-8 sequence received from client.")
        logging.getLogger("uvicorn.error").error("Something else")
    err = capsys.readouterr().err
    assert "UTF-8" not in err
    assert "Something else" in err


def test_a_higher_level_holds_for_others_too(capsys: pytest.CaptureFixture[str]) -> None:
    """With `error` their warnings are not shown either."""
    with own_logging():
        set_up("error")
        logging.getLogger("uvicorn.error").warning("trouble")
        logging.getLogger("uvicorn.error").error("worse")
    err = capsys.readouterr().err
    assert "trouble" not in err
    assert "worse" in err


def fail(logger: logging.Logger) -> str:
    """Log a fault, with its cause, during a request."""
    token = REQUEST.set("a-request")
    try:
        int("two\nlines")
    except ValueError as error:
        return log_fault(logger, error, connection="a-connection")
    finally:
        REQUEST.reset(token)
    raise AssertionError


def test_for_programs_each_event_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    """With a traceback as one of its values, and what it is about."""
    logger = logging.getLogger("parlour.somewhere")
    with own_logging():
        set_up("info", "json")
        logger.warning("it is %s", "said\nin two lines")
        log_id = fail(logger)
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert first.keys() == {"time", "level", "logger", "message"}
    assert (first["level"], first["logger"]) == ("warning", "parlour.somewhere")
    assert first["message"] == "it is said\nin two lines"
    assert first["time"].endswith("Z")
    assert second["message"] == f"internal error {log_id}"
    assert second["error"].startswith("Traceback (most recent call last):\n")
    assert "\nValueError: " in second["error"]
    assert (second["request"], second["connection"]) == ("a-request", "a-connection")


def test_for_people_what_is_said_stands_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """What it is about stands behind it; only a traceback has lines of its own."""
    logger = logging.getLogger("parlour.somewhere")
    with own_logging():
        set_up("info", "text")
        logger.warning("it is %s", "said\r\nin two lines")
        log_id = fail(logger)
    first, second, *rest = capsys.readouterr().err.splitlines()
    assert first.endswith("WARNING parlour.somewhere: it is said\\r\\nin two lines")
    about = "(request a-request, connection a-connection)"
    assert second.endswith(f": internal error {log_id} {about}")
    assert rest[0] == "Traceback (most recent call last):"
    assert rest[-1].startswith("ValueError: ")


@pytest.mark.parametrize(("is_terminal", "form"), [(True, "text"), (False, "json")])
def test_by_itself_it_is_for_whoever_reads_it(
    is_terminal: bool, form: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """On a terminal that is a person."""
    with own_logging():
        monkeypatch.setattr("sys.stderr.isatty", lambda: is_terminal)
        set_up("info", "auto")
        logging.getLogger("parlour.somewhere").warning("a line")
    line = capsys.readouterr().err
    assert line.startswith("{") is (form == "json")
