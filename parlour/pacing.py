"""Counting what comes by HTTP, for the address that it comes from."""

import logging
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers
from starlette.types import Scope

from parlour.costs import Cost
from parlour.errors import Refusal
from parlour.support.addresses import address_of
from parlour.support.logs import Seldom

if TYPE_CHECKING:
    from parlour.context import Context

logger = logging.getLogger(__name__)

# Where a request has what it costs, until it is counted for whoever asks.
COST: Final = "parlour.cost"
# So seldom it is said that a proxy seems not to be trusted.
_PROXIES: Final = Seldom()


def count_request(scope: Scope, cost: Cost) -> None:
    """Count a request by its address. Raises Refusal.

    Where that may be a proxy's address, which nobody has told us to look behind, it is said.
    """
    context: Context = scope["app"].state.context
    client = scope.get("client")
    try:
        context.limits.check(cost, address=address_of(client[0] if client else None))
    except Refusal:
        said = Headers(scope=scope).get("x-forwarded-for")
        if said and client and client[0] not in said and _PROXIES.due():
            logger.warning(
                "too many requests come from %s: if that is your proxy, name it in"
                " FORWARDED_ALLOW_IPS",
                client[0],
            )
        raise
