"""The frame of a new message, made by the shortest way: the same bytes as by the general one."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from parlour.encoding import encode_message
from parlour.fields import MAX_ID
from parlour.models import Message
from parlour.protocol import MessageEvent, encode

IDS = st.integers(1, MAX_ID)
# Whatever can be written down in UTF-8, also what no message may have.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
TIMES = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds it
# What few messages have; for the most part none of it.
RARE: st.SearchStrategy[dict[str, object]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {},
        optional={
            "reply_to": IDS,
            "chain": IDS,
            "edited_at": TIMES,
            "deleted_at": TIMES,
            "mentions": st.lists(TEXTS, max_size=2).map(tuple),
            "pinned_at": TIMES,
            "pinned_by": TEXTS,
        },
    ),
)


@given(
    st.fixed_dictionaries(
        {
            "id": IDS,
            "room_id": IDS,
            "username": TEXTS,
            "content": TEXTS,
            "timestamp": TIMES,
            "version": st.integers(0, MAX_ID),
            "client_id": st.none() | TEXTS,
            "guest": st.booleans(),
        }
    ),
    RARE,
)
def test_the_short_way_and_the_general_way_make_the_same_frame(
    fields: dict[str, object], rare: dict[str, object]
) -> None:
    """Of any message, whether it brings something along or not."""
    message = Message(**fields, **rare)  # type: ignore[arg-type]
    event = MessageEvent(room_id=message.room_id, version=message.version, message=message)
    assert encode_message(message) == encode(event)
