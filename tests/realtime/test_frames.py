"""Text frames: as RFC 6455 has them, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from parlour.realtime.frames import text_frame, texts


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
def test_a_frame_is_what_another_implementation_makes_of_the_same_text(size: int) -> None:
    """At every border between the three forms of a length."""
    payload = b"x" * size
    assert text_frame(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)


@given(st.lists(st.text() | st.just("é" * 40_000), max_size=8))
def test_frames_one_behind_the_other_are_taken_apart_again(told: list[str]) -> None:
    """Whatever they carry."""
    assert list(texts(b"".join(text_frame(text.encode()) for text in told))) == told
