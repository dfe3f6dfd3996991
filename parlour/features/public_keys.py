"""The public keys by which others can tell whether a login's token was signed here."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from parlour.identity import ContextDep
from parlour.support.keys import key_set

router = APIRouter(tags=["accounts"])

# Seconds for which they may be kept: a new key signs nothing before the server starts anew.
KEPT: int = 300


class PublicKey(BaseModel):
    """One of them, as a JSON Web Key (RFC 8037)."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    alg: Literal["EdDSA"]
    use: Literal["sig"]
    kid: str
    x: str


class KeySet(BaseModel):
    """A JSON Web Key Set (RFC 7517)."""

    keys: list[PublicKey]


@router.get("/.well-known/jwks.json")
async def get_public_keys(context: ContextDep, response: Response) -> KeySet:
    """The keys that sign access tokens, the newest last."""
    response.headers["Cache-Control"] = f"public, max-age={KEPT}"
    return KeySet.model_validate(key_set(context.tokens.public))
