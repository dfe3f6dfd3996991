"""Who may do what: the only place that says so.

Everybody may enter, read and delete every room of this schema: rooms are public and nobody owns
them. What is left to say is where one may speak.
"""

from parlour.errors import Refusal


def check_speak(*, follows: bool) -> None:
    """Through a connection one speaks only where one is, because the answer comes from there."""
    if not follows:
        raise Refusal(
            "not_allowed", "Subscribe to the room before you write to it.", field="room_id"
        )
