"""Which page of messages somebody asks for."""

from typing import Annotated, ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from parlour.fields import IdParam, LimitParam

# Messages that are asked for by their ids at once.
MAX_IDS: Final = 50


class HistoryQuery(BaseModel):
    """Which page of a room's history: the newest, or that beside one message id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: LimitParam = Field(50, description="At most so many messages.")
    before: IdParam | None = Field(None, description="Those next below this message id.")
    after: IdParam | None = Field(None, description="Those next above this message id.")
    around: IdParam | None = Field(None, description="Those on both sides of this message id.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(place is not None for place in self._places()) > 1:
            raise PydanticCustomError("invalid", f"Give only one of {self._words}")
        return self

    _words: ClassVar[str] = "before, after and around"

    def _places(self) -> tuple[object, ...]:
        return self.before, self.after, self.around


class RoomHistoryQuery(HistoryQuery):
    """The same, or some messages by their ids."""

    ids: Annotated[list[IdParam], Field(max_length=MAX_IDS)] | None = Field(
        None, description="Those with these ids, as far as they are in the room."
    )

    _words: ClassVar[str] = "before, after, around and ids"

    def _places(self) -> tuple[object, ...]:
        return *super()._places(), self.ids
