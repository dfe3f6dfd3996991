"""Text frames: as RFC 6455 has them, and back."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from parlour.realtime.frames import plain_text, text_frame, texts


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
def test_a_frame_is_what_another_implementation_makes_of_the_same_text(size: int) -> None:
    """At every border between the three forms of a length."""
    payload = b"x" * size
    assert text_frame(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)


@given(st.lists(st.text() | st.just("é" * 40_000), max_size=8))
def test_frames_one_behind_the_other_are_taken_apart_again(told: list[str]) -> None:
    """Whatever they carry."""
    assert list(texts(b"".join(text_frame(text.encode()) for text in told))) == told


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 65_535])
def test_a_plain_text_of_a_client_is_read(size: int) -> None:
    """Wherever it stands, and told where the next one begins."""
    frame = Frame(Opcode.TEXT, b"x" * size).serialize(mask=True)
    assert plain_text(frame, 0, 65_535) == ("x" * size, len(frame))
    assert plain_text(b"???" + frame + b"more", 3, 65_535) == ("x" * size, 3 + len(frame))


@given(st.text(max_size=200), st.integers(0, 300))
def test_half_a_text_is_left_to_come(text: str, cut: int) -> None:
    """It is read when the rest is there."""
    frame = Frame(Opcode.TEXT, text.encode()).serialize(mask=True)
    assert plain_text(frame[:cut], 0, 1_000) == (None if cut < len(frame) else (text, len(frame)))


@pytest.mark.parametrize(
    "data",
    [
        Frame(Opcode.TEXT, b"unmasked").serialize(mask=False),
        Frame(Opcode.TEXT, b"a fragment", fin=False).serialize(mask=True),
        b"\xc1\x81\x00\x00\x00\x00x",  # a reserved bit
        Frame(Opcode.BINARY, b"binary").serialize(mask=True),
        Frame(Opcode.PING, b"ping").serialize(mask=True),
        Frame(Opcode.CLOSE, b"").serialize(mask=True),
        Frame(Opcode.TEXT, b"\xff is no UTF-8").serialize(mask=True),
        Frame(Opcode.TEXT, b"x" * 1_001).serialize(mask=True),
        Frame(Opcode.TEXT, b"x" * 70_000).serialize(mask=True),
        # A length in more bytes than it needs.
        b"\x81\xfe\x00\x05" + b"\x00" * 9,
        b"\x81\xff" + b"\x00" * 7 + b"\x05" + b"\x00" * 9,
    ],
    # Masks are random, and no part of a name.
    ids=count(),
)
def test_everything_else_is_left_to_the_parser(data: bytes) -> None:
    """What is right as well as what is wrong."""
    assert plain_text(data, 0, 1_000) is None
