"""The door of the administrators: for everybody else there is nothing behind it.

Whoever is not one gets from every path below `/api/admin/` what an unknown path answers, whatever
they send: before the body is read, before anything in it could be refused.
"""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from parlour.errors import ERROR_CODES, Refusal
from parlour.identity import known_login
from parlour.oversight import Policy
from parlour.people import Login
from parlour.web import StrictRoute, answer_of

if TYPE_CHECKING:
    from parlour.context import Context

PREFIX: Final = "/api/admin"


def nothing_there() -> Refusal:
    """Word for word what an unknown path answers."""
    return Refusal("not_found", ERROR_CODES["not_found"].meaning)


class AdministratorRoute(StrictRoute):
    """A route that is there for administrators: pass it as a router's `route_class`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The strict handler, behind the look who asks."""
        handler, cost = super().get_route_handler(), self.cost

        async def guarded(request: Request) -> Response:
            context: Context = request.app.state.context
            try:
                login = await known_login(context, request)
            except Refusal:
                login = None
            if login is None or login.role != "administrator":
                raise nothing_there()
            request.state.administrator = login
            context.limits.check(cost, payer=f"user:{login.user_id}")
            return await handler(request)

        return guarded


async def _administrator(request: Request) -> Login:
    # By now the body is here, and it may have taken long: whoever signed out meanwhile is out.
    context: Context = request.app.state.context
    login = context.registry.login(request.state.administrator.session_id)
    if login is None or login.role != "administrator":
        raise nothing_there()
    return login


# The login of whoever asks. Each act looks once more, in its transaction, at the role.
Administrator = Annotated[Login, Depends(_administrator)]


class _Nothing:
    """Takes every method, so that a wrong one does not tell that the path is there."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer_of(nothing_there())(scope, receive, send)


# Included after the routes that are there.
router = APIRouter(routes=[Route(f"{PREFIX}/{{path:path}}", _Nothing(), include_in_schema=False)])


def page_policy(policy: Policy) -> dict[str, Any]:
    """What the page has to know of it."""
    return {"guests": policy.guests == "on", "registration": policy.registration}
