"""Access tokens that were forged or tampered with, at the door, with the server's own keys at hand.

Source: RFC 8725, section 2 (threats and vulnerabilities of JWTs).
"""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from httpx2 import Client

from parlour.store.meta import KEYS
from parlour.support.keys import Key, load_keys, parse_keys
from tests.support.accounts import Account, register, stranger
from tests.support.answers import assert_refused
from tests.support.inside import inside
from tests.support.nodes import Nodes
from tests.support.people import checked
from tests.support.server import Server

Claims = dict[str, Any]
CLAIMS = ("iss", "aud", "sub", "exp", "iat", "nbf", "sid", "jti")


@pytest.fixture(scope="module")
def account(server: Server) -> Account:
    """Return somebody whose tokens are attacked."""
    return register(server, "victim")


@pytest.fixture
def key(server: Server) -> Key:
    """Return the server's own key, which an attacker would give much for."""
    if isinstance(server, Nodes):
        # They have those of the one that came first.
        with inside(server) as connection:
            query = "SELECT value FROM meta WHERE name = ?"
            [(text,)] = connection.execute(query, [KEYS]).fetchall()
        [key] = parse_keys(text.encode(), "What the nodes share")
    else:
        [key] = load_keys(server.data_dir / "keys.json")
    return key


@pytest.fixture
def claims(account: Account) -> Claims:
    """Return what the account's own token says."""
    return dict(jwt.decode(account.access, options={"verify_signature": False}))


def ask(server: Server, token: str) -> int:
    """Return what the server says to a bearer: 200, or 401 with the right code."""
    with stranger(server, Authorization=f"Bearer {token}") as client:
        answer = client.get("/api/users/me")
        if answer.status_code != 200:
            assert_refused(answer, "not_signed_in")
            # A guest's route does not take it for a guest's either.
            assert_refused(client.get("/api/chat/rooms"), "not_signed_in")
        return answer.status_code


def signed(claims: Claims, key: Key, **headers: Any) -> str:
    """Sign claims as the server does."""
    return jwt.encode(claims, key.private, algorithm="EdDSA", headers={"kid": key.id, **headers})


def part(value: object) -> str:
    """Encode one part of a token by hand."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_a_token_made_with_the_servers_own_key_is_taken(
    server: Server, claims: Claims, key: Key
) -> None:
    """The premise of all that follows: it is for nothing else that those are refused."""
    assert set(claims) == set(CLAIMS)
    assert ask(server, signed(claims, key)) == 200


@pytest.mark.parametrize("name", ["none", "None", "NONE", ""])
@pytest.mark.parametrize("keeps_signature", [False, True])
def test_a_token_without_an_algorithm_is_nothing(
    server: Server, account: Account, claims: Claims, key: Key, name: str, keeps_signature: bool
) -> None:
    """However `none` is spelled, with no signature or another's."""
    header = part({"alg": name, "kid": key.id, "typ": "JWT"})
    signature = account.access.rpartition(".")[2] if keeps_signature else ""
    assert ask(server, f"{header}.{part(claims)}.{signature}") == 401


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("secret", ["public raw", "public PEM", "secret"])
def test_a_public_key_is_no_shared_secret(
    server: Server, claims: Claims, key: Key, algorithm: str, secret: str
) -> None:
    """Algorithm confusion: signed with what everybody may know, or with the other secret."""
    value = {
        "public raw": key.public.public_bytes_raw(),
        "public PEM": key.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "secret": key.secret,
    }[secret]
    text = f"{part({'alg': algorithm, 'kid': key.id, 'typ': 'JWT'})}.{part(claims)}"
    digest = hmac.new(value, text.encode(), getattr(hashlib, f"sha{algorithm[2:]}")).digest()
    assert ask(server, f"{text}.{part(digest)}") == 401


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_claim_is_needed(server: Server, claims: Claims, key: Key, claim: str) -> None:
    """A token without an end, without a reader, without a session, ..."""
    del claims[claim]
    assert ask(server, signed(claims, key)) == 401


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("aud", "another"),
        ("aud", ["parlour", "another"]),
        ("aud", []),
        ("iss", "another"),
        ("iss", None),
        ("exp", -1),
        ("exp", "never"),
        ("nbf", 60),
        ("iat", 60),
        ("iat", "today"),
        ("sub", "999999"),
        ("sub", ""),
        ("sub", "0"),
        ("sub", "1 OR 1=1"),
        ("sub", 1),
        ("sub", None),
        ("sid", "A" * 22),
        ("sid", ""),
        ("sid", None),
        ("sid", ["x"]),
        ("sid", {"$ne": ""}),
    ],
)
def test_a_wrong_claim_is_refused(
    server: Server, claims: Claims, key: Key, claim: str, value: Any
) -> None:
    """Also when the right key has signed it. Numbers are seconds from now."""
    moved = claim in ("exp", "nbf", "iat") and isinstance(value, int)
    claims[claim] = time.time() + value if moved else value
    text = f"{part({'alg': 'EdDSA', 'kid': key.id, 'typ': 'JWT'})}.{part(claims)}"
    assert ask(server, f"{text}.{part(key.private.sign(text.encode()))}") == 401


def test_a_session_is_of_one_account(server: Server, claims: Claims, key: Key) -> None:
    """One's own session with another's name is nobody's."""
    other = register(server, "other")
    assert ask(server, signed({**claims, "sub": str(other.user["id"])}, key)) == 401


@pytest.mark.parametrize(
    "kid",
    [
        "", "0000000000000000", "../keys.json", "/dev/null", "../../../../dev/null", "' OR '1'='1",
        "x' UNION SELECT 'key", "key\x00", "http://127.0.0.1/keys", None, 1, [], {}, ["a"],
    ],
)  # fmt: skip
def test_a_key_is_looked_up_among_the_known_ones_alone(
    server: Server, claims: Claims, kid: Any
) -> None:
    """Whatever its id names: no file, no query, no address."""
    own = Ed25519PrivateKey.generate()
    text = f"{part({'alg': 'EdDSA', 'kid': kid, 'typ': 'JWT'})}.{part(claims)}"
    assert ask(server, f"{text}.{part(own.sign(text.encode()))}") == 401
    # Nor does the empty key of a file like /dev/null sign anything.
    mac = hmac.new(b"", text.encode(), "sha256").digest()
    assert ask(server, f"{text}.{part(mac)}") == 401


@pytest.mark.parametrize("header", ["jwk", "jku", "x5u", "x5c", "crit", "b64", "cty"])
def test_a_token_cannot_bring_its_own_key_or_rules(
    server: Server, claims: Claims, key: Key, header: str
) -> None:
    """Neither with a key of its own nor with the right one."""
    own = Ed25519PrivateKey.generate()
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": part(own.public_key().public_bytes_raw())}
    value = {
        "jwk": jwk, "jku": "http://127.0.0.1:1/keys", "x5u": "http://127.0.0.1:1/x", "x5c": ["x"],
        "crit": ["exp"], "b64": False, "cty": "JWT",
    }[header]  # fmt: skip
    for signer in (own, key.private):
        fields = {"alg": "EdDSA", "kid": key.id, "typ": "JWT", header: value}
        text = f"{part(fields)}.{part(claims)}"
        assert ask(server, f"{text}.{part(signer.sign(text.encode()))}") == 401


def test_a_token_with_any_byte_changed_is_nothing(
    server: Server, account: Account, http: Client
) -> None:
    """Each character by its neighbour: also where base64 leaves the changed bit unused."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    taken = []
    for position, character in enumerate(account.access):
        other = alphabet[alphabet.index(character) ^ 1] if character != "." else "A"
        token = account.access[:position] + other + account.access[position + 1 :]
        answer = http.get("/api/users/me", headers={"Authorization": f"Bearer {token}"})
        if answer.status_code != 401:
            taken.append((position, other))
    assert taken == []
    assert account.status() == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t + "=", lambda t: t + "A", lambda t: t[:-1], lambda t: t + ".",
        lambda t: "." + t,
        lambda t: t.replace(".", "..", 1), lambda t: t.rpartition(".")[0], lambda t: t * 2,
        lambda t: t.replace(".", ".!", 1), lambda t: "A" * 10_000 + t, lambda _: "..",
    ],
)  # fmt: skip
def test_a_token_of_another_shape_is_nothing(server: Server, account: Account, change: Any) -> None:
    """Padding, more parts, fewer, strange characters, far too long."""
    assert ask(server, change(account.access)) == 401


@pytest.mark.parametrize("scheme", ["Digest", "Token", "", "Bearer Bearer"])
def test_only_a_bearer_is_a_login(server: Server, account: Account, scheme: str) -> None:
    """What is not understood is refused, never passed over."""
    with stranger(server, Authorization=f"{scheme} {account.access}".strip()) as client:
        assert_refused(client.get("/api/users/me"), "not_signed_in")
        assert_refused(client.get("/api/chat/rooms"), "not_signed_in")


def test_a_refresh_token_and_a_guests_cookie_are_no_access_tokens(
    server: Server, account: Account
) -> None:
    """Nor the other way round."""
    with stranger(server) as client:
        checked(client.post("/api/auth/guest", json={"username": "guestling"}))
        cookie = client.cookies["parlour-guest"]
    for token in (account.refresh, cookie):
        assert ask(server, token) == 401
    for token in (account.access, cookie):
        assert_refused(account.renewed(token), "not_signed_in")


def test_what_a_proxy_asked_for_is_no_login(server: Server, account: Account) -> None:
    """Basic authorization is handed on by proxies: it neither lets in nor keeps out."""
    basic = base64.b64encode(b"operator:secret").decode()
    with stranger(server, Authorization=f"Basic {basic}") as client:
        assert client.get("/api/chat/rooms").status_code == 200
        assert_refused(client.get("/api/users/me"), "not_signed_in")
        client.cookies.set("parlour", account.access)
        assert client.get("/api/users/me").status_code == 200
