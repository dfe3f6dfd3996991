"""Origins: the server's own and those that are allowed may connect, no other page may."""

import pytest

from parlour.support.origin import origin_allowed


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:8000", "localhost:8000"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("https://chat.example.org", "chat.example.org"),
        ("https://chat.example.org", "chat.example.org:443"),
        ("http://chat.example.org:80", "chat.example.org"),
        ("https://CHAT.example.org", "chat.Example.org"),
        # A proxy ends TLS and hands on plain HTTP.
        ("https://chat.example.org:8443", "chat.example.org:8443"),
    ],
)
def test_a_page_of_the_server_itself_may_connect(origin: str, host: str) -> None:
    """The Host header names the server as the page knows it."""
    assert origin_allowed(origin, host, ())


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://evil.example", "localhost:8000"),
        ("http://localhost", "localhost:8000"),
        ("http://localhost:8001", "localhost:8000"),
        ("http://localhost.evil.example:8000", "localhost:8000"),
        ("http://evil.example/localhost:8000", "localhost:8000"),
        ("http://127.0.0.1:8000", "localhost:8000"),
        ("https://chat.example.org", "chat.example.org:80"),
        ("null", "localhost:8000"),
        ("", "localhost:8000"),
        ("file://", "localhost:8000"),
        ("ftp://localhost:8000", "localhost:8000"),
        ("localhost:8000", "localhost:8000"),
        ("http://localhost:port", "localhost:8000"),
        ("http://localhost:99999", "localhost:99999"),
        ("http://[::1", "[::1"),
        ("http://localhost:8000", None),
        ("http://", ""),
    ],
)
def test_any_other_page_may_not(origin: str, host: str | None) -> None:
    """Neither a neighbour's nor one that says nothing sensible."""
    assert not origin_allowed(origin, host, ())
    assert not origin_allowed(origin, host, ("https://other.example",))


def test_an_allowed_origin_may_connect_and_no_one_else() -> None:
    """By scheme, name and port; the server's own goes on to be allowed."""
    host = "localhost:8000"
    allowed = ("https://chat.example.org", "http://intranet:81")
    assert origin_allowed("https://chat.example.org", host, allowed)
    assert origin_allowed("https://Chat.Example.org", host, allowed)
    assert origin_allowed("http://intranet:81", host, allowed)
    assert origin_allowed("http://localhost:8000", host, allowed)
    assert not origin_allowed("http://chat.example.org", host, allowed)
    assert not origin_allowed("https://chat.example.org:8443", host, allowed)
    assert not origin_allowed("http://intranet", host, allowed)


def test_a_program_that_is_no_browser_sends_no_origin_and_may_connect() -> None:
    """There is no page behind it that could misuse anybody's session."""
    assert origin_allowed(None, "localhost:8000", ())


@pytest.mark.parametrize("origin", ["https://anywhere.example", "null", "file://"])
def test_a_star_allows_every_page(origin: str) -> None:
    """Whoever runs the server asked for it."""
    assert origin_allowed(origin, "localhost:8000", ("*",))
