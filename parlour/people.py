"""The shapes of identity: what is asked and answered about guests, accounts and sessions."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Final, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from parlour.fields import Id, Shape, Time, bounded, clean_line, whole
from parlour.support.passwords import MAX_LENGTH, MIN_LENGTH, clean_password
from parlour.support.text import clean_name, clean_text

# No account's name is longer, whatever the setting.
MAX_NAME: Final = 100
MAX_DISPLAY_NAME: Final = 50
MAX_ABOUT: Final = 500
MAX_STATUS: Final = 100
# Of what a browser says of itself, so much is kept to be recognised by.
MAX_USER_AGENT: Final = 200

Role = Literal["member", "administrator"]


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _check_zone(value: str) -> str:
    if value not in _zones():
        raise PydanticCustomError("invalid", "It is no time zone such as Europe/Berlin")
    return value


def _clean_display_name(value: str) -> str:
    return bounded(clean_name(value), MAX_DISPLAY_NAME)


def _clean_about(value: str) -> str:
    return bounded(clean_text(value), MAX_ABOUT) if value.strip() else ""


def _clean_status(value: str) -> str:
    return clean_line(value, MAX_STATUS)


Password = Annotated[
    str,
    AfterValidator(clean_password),
    Field(description=f"{MIN_LENGTH} to {MAX_LENGTH} characters.", examples=["correct horse"]),
]
DisplayName = Annotated[str, AfterValidator(_clean_display_name)]
About = Annotated[str, AfterValidator(_clean_about)]
Status = Annotated[str, AfterValidator(_clean_status)]
TimeZone = Annotated[str, AfterValidator(_check_zone)]
Hue = Annotated[int, Field(ge=0, le=359), BeforeValidator(whole)]
# What was given out by Parlour and comes back: longer ones are wrong without being looked at.
Secret = Annotated[str, Field(max_length=512)]


# What is asked


class GuestCreate(Shape):
    """A guest with a name."""

    username: str = Field(description="What the guest wants to be called.", examples=["alice"])


class AccountCreate(Shape):
    """A new account."""

    username: str = Field(description="Letters and digits, unique.", examples=["alice"])
    password: Password
    display_name: DisplayName | None = Field(
        None, description="What others read; the username as it was typed if there is none."
    )
    invite: Secret | None = Field(None, description="The token of an invitation.")


class Credentials(Shape):
    """Who signs in."""

    username: str = Field(examples=["alice"])
    password: Password


class SetupCreate(Shape):
    """The first administrator."""

    token: Secret = Field(description="From the link that the server printed.")
    username: str = Field(examples=["alice"])
    password: Password


class Renewal(Shape):
    """A refresh token, for clients that have no cookies."""

    refresh_token: Secret | None = None


class PasswordChange(Shape):
    """A new password."""

    current_password: Password
    new_password: Password


class ProfileChange(Shape):
    """What is to be changed; what is left out stays."""

    display_name: DisplayName = ""
    about: About = ""
    time_zone: TimeZone | None = None
    status_text: Status = ""
    hue: Hue | None = Field(None, description="Of the avatar's colour, in degrees.")
    read_receipts: bool = Field(
        default=True, description="Tell others how far one has read, and see it of them."
    )

    def changes(self) -> dict[str, Any]:
        """The fields that were given."""
        return self.model_dump(exclude_unset=True)


# What is answered

Avatar = Annotated[
    str, Field(description="Names the image at `/api/users/{username}/avatar`, until another one.")
]

_PROFILE_EXAMPLE: Final[dict[str, Any]] = {
    "username": "alice",
    "display_name": "Alice",
    "guest": False,
    "about": "",
    "time_zone": "Europe/Berlin",
    "status_text": "",
    "hue": 250,
    "created_at": "2026-01-31T12:00:00.000000Z",
    "avatar": None,
}


class Guest(Shape):
    """Who somebody without an account is."""

    username: str
    guest: Literal[True] = True


class Profile(Shape):
    """What everybody may see of an account."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PROFILE_EXAMPLE]})

    username: str
    display_name: str
    guest: Literal[False] = False
    about: str
    time_zone: str | None
    status_text: str
    hue: int | None
    created_at: Time
    avatar: Avatar | None


class User(Shape):
    """An account as its owner sees it."""

    id: Id
    username: str
    display_name: str
    guest: Literal[False] = False
    role: Role
    about: str
    time_zone: str | None
    status_text: str
    hue: int | None
    created_at: Time
    read_receipts: bool
    avatar: Avatar | None


class SignedIn(BaseModel):
    """A login. Browsers get the tokens as cookies and nothing of them here."""

    access_token: str | None = None
    token_type: Literal["bearer"] | None = None
    expires_in: int = Field(description="Seconds until the access token ends.")
    refresh_token: str | None = None
    user: User


class Session(Shape):
    """One login of an account."""

    id: str
    created_at: Time
    last_seen_at: Time = Field(description="When it was last renewed.")
    address: str
    user_agent: str
    current: bool


class TicketAnswer(Shape):
    """What opens one WebSocket."""

    ticket: str
    expires_in: int = Field(description="Seconds until it is worth nothing.")


# What travels inside


@dataclass(frozen=True, slots=True)
class Login:
    """A live session and whose it is: what every request and connection of it is checked by."""

    session_id: str
    user_id: int
    username: str
    role: Role
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Device:
    """Where a login comes from."""

    address: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class Account:
    """What is needed to sign an account in."""

    user: User
    password_hash: str
    disabled: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that was opened or renewed, its current refresh token, and what ended for it."""

    user: User
    login: Login
    key_id: str
    generation: int
    ended: tuple[str, ...] = ()


class PublicKey(Shape):
    """One of them, as a JSON Web Key (RFC 8037)."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    alg: Literal["EdDSA"]
    use: Literal["sig"]
    kid: str = Field(description="Its name, which stands in the head of each token that it signed.")
    x: str = Field(description="The key itself, in base64url.")


class KeySet(Shape):
    """A JSON Web Key Set (RFC 7517)."""

    keys: tuple[PublicKey, ...] = Field(
        description="All that tokens which still live may be signed with, the newest last."
    )
