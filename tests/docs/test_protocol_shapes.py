"""docs/protocol.md names every command, event and shape with its fields, and its examples hold."""

import json
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel, TypeAdapter

from parlour import (
    attention,
    commands,
    files,
    finding,
    keeping,
    lasting,
    later,
    leaving,
    membership,
    models,
    oversight,
    people,
    protocol,
    status,
)
from parlour.commands import COMMAND_SHAPES, ConnectQuery
from parlour.features import health
from parlour.models import (
    ErrorAnswer,
    Forwarded,
    Message,
    MessageChange,
    MessageCreate,
    Reaction,
    Reactor,
    Reactors,
    Replies,
    Room,
    RoomChange,
    RoomCreate,
    Wording,
)
from parlour.protocol import (
    EVENT_SHAPES,
    SEED_EVENTS,
    ErrorEvent,
    OwnReadEvent,
    RepeatedMessageEvent,
    encode,
)
from tests.docs.markdown import ROOT, Page, Row, Text, names, words
from tests.docs.shapes import field_types, required_fields

PAGE = Page(ROOT / "docs" / "protocol.md")
BODIES: dict[str, type[BaseModel]] = {
    "RoomCreate": RoomCreate,
    "RoomChange": RoomChange,
    "MemberChange": membership.MemberChange,
    "DirectCreate": membership.DirectCreate,
    "RoomInviteCreate": membership.RoomInviteCreate,
    "InviteToken": membership.InviteToken,
    "BanChange": oversight.BanChange,
    "MuteChange": oversight.MuteChange,
    "ReportCreate": oversight.ReportCreate,
    "ReportChange": oversight.ReportChange,
    "AdminUserChange": oversight.AdminUserChange,
    "HoldCreate": lasting.HoldCreate,
    "RoomRetentionChange": lasting.RoomRetentionChange,
    "ServerBanCreate": oversight.ServerBanCreate,
    "OwnerChange": oversight.OwnerChange,
    "PolicyChange": oversight.PolicyChange,
    "ReadChange": membership.ReadChange,
    "LevelChange": attention.LevelChange,
    "QuietChange": attention.QuietChange,
    "MessageCreate": MessageCreate,
    "MessageChange": MessageChange,
    "Again": leaving.Again,
    "Leaving": leaving.Leaving,
    "Removal": leaving.Removal,
    "ScheduledCreate": later.ScheduledCreate,
    "ScheduledChange": later.ScheduledChange,
    "FileChange": files.FileChange,
    "GuestCreate": people.GuestCreate,
    "AccountCreate": people.AccountCreate,
    "Credentials": people.Credentials,
    "Renewal": people.Renewal,
    "PasswordChange": people.PasswordChange,
    "SetupCreate": people.SetupCreate,
    "ProfileChange": people.ProfileChange,
}
ANSWERS: dict[str, type[BaseModel]] = {
    "Room": Room,
    "Message": Message,
    "Forwarded": Forwarded,
    "Reaction": Reaction,
    "Wording": Wording,
    "Reactor": Reactor,
    "Reactors": Reactors,
    "Replies": Replies,
    "File": files.File,
    "Thumbnail": files.Thumbnail,
    "FileLimits": files.FileLimits,
    "SearchPage": finding.SearchPage,
    "SearchResult": finding.SearchResult,
    "SavedPage": keeping.SavedPage,
    "SavedMessage": keeping.SavedMessage,
    "SavedIds": keeping.SavedIds,
    "OwnExport": leaving.OwnExport,
    "Scheduled": later.Scheduled,
    "ScheduledError": later.ScheduledError,
    "FoundRoom": finding.FoundRoom,
    "Hit": finding.Hit,
    "Member": membership.Member,
    "Invite": membership.Invite,
    "NewInvite": membership.NewInvite,
    "InvitePreview": membership.InvitePreview,
    "ReadPosition": membership.ReadPosition,
    "AllRead": membership.AllRead,
    "Receipt": membership.Receipt,
    "RoomLevel": attention.RoomLevel,
    "Quiet": attention.Quiet,
    "Decision": attention.Decision,
    "Mentions": attention.Mentions,
    "Mention": attention.Mention,
    "RoomNews": protocol.RoomNews,
    "Restriction": oversight.Restriction,
    "ServerBan": oversight.ServerBan,
    "Report": oversight.Report,
    "ReportMade": oversight.ReportMade,
    "AdminUser": oversight.AdminUser,
    "AdminRoom": oversight.AdminRoom,
    "Policy": oversight.Policy,
    "AuditEntry": oversight.AuditEntry,
    "RoomRetention": lasting.RoomRetention,
    "RetentionPreview": lasting.RetentionPreview,
    "Overdue": lasting.Overdue,
    "Hold": lasting.Hold,
    "ServerStatus": status.ServerStatus,
    "NodeName": status.NodeName,
    "Timing": status.Timing,
    "Waiting": status.Waiting,
    "DatabaseStatus": status.DatabaseStatus,
    "DiskStatus": status.DiskStatus,
    "Guest": people.Guest,
    "KeySet": people.KeySet,
    "PublicKey": people.PublicKey,
    "SignedIn": people.SignedIn,
    "User": people.User,
    "Profile": people.Profile,
    "Session": people.Session,
    "TicketAnswer": people.TicketAnswer,
    "Error": ErrorAnswer,
    "Health": health.Health,
    "Ready": health.Ready,
}
# Their empty fields are left out where all others are told as null.
WITHOUT_NULLS = (ErrorEvent, ErrorAnswer, people.SignedIn)


def types_of(shape: type[BaseModel]) -> list[str]:
    """The values that the `type` of an event may have."""
    annotation = shape.model_fields["type"].annotation
    assert get_origin(annotation) is Literal
    return list(get_args(annotation))


EVENTS = {", ".join(f"`{kind}`" for kind in types_of(shape)): shape for shape in EVENT_SHAPES}


def told(section: Text, *columns: str) -> list[Row]:
    """The rows of a section's table of fields, none if it has no such table."""
    has_table = any(rows and "field" in rows[0] for rows in section.tables)
    return section.table("field", "type", *columns) if has_table else []


def told_types(rows: list[Row]) -> dict[str, str]:
    """The type of each field as the page tells it."""
    return {names(row["field"])[0]: words(row["type"]) for row in rows}


def real_types(shape: type[BaseModel]) -> dict[str, str]:
    """The same as the program has it, for something that the server says."""
    if issubclass(shape, WITHOUT_NULLS):
        return {
            name: words.replace(" or null", ", may be absent")
            for name, words in field_types(shape).items()
        }
    return field_types(shape)


def test_every_command_has_a_section_and_every_section_a_command() -> None:
    """The commands of the page are the program's, in its order."""
    sections = [names(title)[0] for title, _ in PAGE.subsections("Commands")]
    assert sections == list(COMMAND_SHAPES)


def test_every_event_has_a_section_and_every_section_an_event() -> None:
    """The events of the page are the program's, in its order."""
    assert [title for title, _ in PAGE.subsections("Events")] == list(EVENTS)


@pytest.mark.parametrize("kind", COMMAND_SHAPES)
def test_a_command_is_told_with_all_its_fields(kind: str) -> None:
    """Names, types, order, and whether a field can be left out."""
    shape = COMMAND_SHAPES[kind]
    rows = told(PAGE.section(f"`{kind}`", within="Commands"), "required")
    real = {name: text.removesuffix(" or null") for name, text in field_types(shape).items()}
    assert list(told_types(rows).items()) == list(real.items())
    required = {names(row["field"])[0] for row in rows if row["required"] == "yes"}
    assert required == required_fields(shape) - {"type"}
    assert {row["required"] for row in rows} <= {"yes", "no"}


@pytest.mark.parametrize("title", EVENTS)
def test_an_event_is_told_with_all_its_fields(title: str) -> None:
    """Names, types and order; what only a repeat has is marked as absent otherwise."""
    real = real_types(EVENTS[title])
    if title == "`message`":
        real["repeated"] = field_types(RepeatedMessageEvent)["repeated"] + ", may be absent"
    if title == "`read`":
        own = field_types(OwnReadEvent)
        real |= {name: f"{own[name]}, may be absent" for name in own if name not in real}
    rows = told(PAGE.section(title, within="Events"))
    assert list(told_types(rows).items()) == list(real.items())


@pytest.mark.parametrize("name", [*ANSWERS, *BODIES])
def test_a_shape_is_told_with_all_its_fields(name: str) -> None:
    """The shapes that HTTP takes and gives."""
    rows = told(PAGE.section(f"Shape `{name}`"))
    if name in ANSWERS:
        assert list(told_types(rows).items()) == list(real_types(ANSWERS[name]).items())
        return
    shape = BODIES[name]
    real = {field: text.removesuffix(" or null") for field, text in field_types(shape).items()}
    assert list(told_types(rows).items()) == list(real.items())
    required = {names(row["field"])[0] for row in rows if row["required"] == "yes"}
    assert required == required_fields(shape)


def test_every_shape_of_the_page_is_one_of_the_program() -> None:
    """No section is left of a shape that is gone."""
    sections = [names(title)[0] for title, _ in PAGE.subsections("Shapes")]
    assert sorted(sections) == sorted([*ANSWERS, *BODIES])


def test_the_query_of_a_connection_is_told_with_all_its_fields() -> None:
    """What may stand behind the question mark of both doors."""
    rows = PAGE.section("Doors").table("query", "type", "default")
    real = {name: text.removesuffix(" or null") for name, text in field_types(ConnectQuery).items()}
    assert {names(row["query"])[0]: row["type"] for row in rows} == real
    required = {names(row["query"])[0] for row in rows if row["default"] == "required"}
    assert required == required_fields(ConnectQuery)


def examples() -> list[tuple[str, str]]:
    """Every JSON example: the shape its fence names, and its text."""
    return [
        (block.info.removeprefix("json").strip(), block.text)
        for block in PAGE.blocks
        if block.info.startswith("json")
    ]


@pytest.mark.parametrize(("label", "text"), examples())
def test_an_example_is_what_its_label_says(label: str, text: str) -> None:
    """It is read by the shape without complaint and comes out of it as it went in."""
    inner = label.removeprefix("list[").removesuffix("]")
    shape: Any = next(
        (
            getattr(module, inner)
            for module in (
                protocol,
                commands,
                models,
                files,
                people,
                membership,
                oversight,
                lasting,
                finding,
                attention,
                keeping,
                leaving,
                later,
                health,
                status,
            )
            if hasattr(module, inner)
        ),
        None,
    )
    assert shape is not None, f"there is no shape {inner}"
    whole = TypeAdapter(list[shape] if label.startswith("list[") else shape)
    value = whole.validate_json(text)
    again = whole.dump_json(
        value, exclude_none=inner in {each.__name__ for each in WITHOUT_NULLS}, exclude_unset=False
    )
    said, got = json.loads(text), json.loads(again)
    if inner in {each.__name__ for each in [*COMMAND_SHAPES.values(), *BODIES.values()]}:
        # What is sent may leave optional fields out; what is received never does.
        got = {
            name: value for name, value in got.items() if name in said or value not in (None, "")
        }
    assert got == said


@pytest.mark.parametrize("label", [each.__name__ for each in COMMAND_SHAPES.values()])
def test_an_example_of_a_command_is_a_frame_that_the_server_takes(label: str) -> None:
    """It goes through the same door as a client's."""
    [text] = [text for name, text in examples() if name == label]
    assert type(protocol.parse(text)).__name__ == label


def test_everything_that_travels_has_an_example() -> None:
    """Commands, events, bodies and answers."""
    shown = {label.removeprefix("list[").removesuffix("]") for label, _ in examples()}
    travels: list[type[BaseModel]] = [*COMMAND_SHAPES.values(), *EVENT_SHAPES]
    travels += [RepeatedMessageEvent, OwnReadEvent]
    travels += [*BODIES.values(), *ANSWERS.values()]
    assert shown == {shape.__name__ for shape in travels}


def test_the_examples_differ_from_what_the_server_encodes_in_nothing_but_white_space() -> None:
    """Also the order of the fields is that of the wire."""
    for label, text in examples():
        shape = getattr(protocol, label, None)
        if shape in EVENT_SHAPES and shape is not ErrorEvent:
            assert (
                encode(shape.model_validate_json(text))
                == json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False).encode()
            )


def table_of_frames() -> list[Row]:
    """The rows of the table that says who gets what."""
    return PAGE.section("Who gets what").table("event", "seed", "resumed", "subscribed")


def test_the_table_of_frames_has_a_row_for_every_event() -> None:
    """And the repeat, which goes another way than a new message; a `read` goes two ways."""
    kinds = [kind for shape in EVENT_SHAPES for kind in types_of(shape)]
    rows = [row["event"] for row in table_of_frames()]
    kinds.remove("read")
    ways = ["`message`, repeated", "`read`, of others", "`read`, one's own"]
    assert sorted(rows) == sorted([*(f"`{kind}`" for kind in kinds), *ways])


def test_the_table_of_frames_names_the_fields_of_every_event() -> None:
    """All of them, in the order of the wire."""
    shapes = {kind: shape for shape in EVENT_SHAPES for kind in types_of(shape)}
    for row in table_of_frames():
        kind, _, way = row["event"].partition(", ")
        shape = shapes[names(kind)[0]]
        if way == "repeated":
            shape = RepeatedMessageEvent
        elif way == "one's own":
            shape = OwnReadEvent
        assert names(row["fields"]) == list(field_types(shape)), row["event"]


def test_the_seed_column_is_what_the_program_calls_the_seeds_events() -> None:
    """What a connection gets that asked for nothing more."""
    unasked = {names(row["event"])[0] for row in table_of_frames() if row["seed"] == "yes"}
    assert unasked == SEED_EVENTS


def test_the_durable_events_are_those_with_a_version_of_their_room() -> None:
    """A client counts them, so a new message has one and its repeat must not count."""
    durable = {row["event"] for row in table_of_frames() if row["durable"] == "yes"}
    versioned = {row["event"] for row in table_of_frames() if "version" in names(row["fields"])}
    assert durable == versioned - {"`message`, repeated", "`sync`"}
