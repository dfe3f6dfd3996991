"""The public keys by which others can tell whether a login's token was signed here."""

import json
from typing import Final

from fastapi import APIRouter, Response

from parlour.identity import ContextDep
from parlour.people import KeySet
from parlour.support.keys import key_set

router = APIRouter(tags=["accounts"])

# Seconds for which they may be kept: a new key signs nothing before the server starts anew.
KEPT: Final = 300


@router.get("/.well-known/jwks.json")
async def get_public_keys(context: ContextDep, response: Response) -> KeySet:
    """The keys that sign access tokens, the newest last."""
    response.headers["Cache-Control"] = f"public, max-age={KEPT}"
    return KeySet.model_validate_json(json.dumps(key_set(context.tokens.public)))
