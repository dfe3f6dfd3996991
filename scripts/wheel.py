"""Put the page into the wheel as `parlour/frontend`: an installed Parlour needs no checkout."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontendHook(BuildHookInterface[Any]):
    """An editable install reads `frontend/` where it lies; only a built wheel carries a copy."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the page to what goes into the wheel; `version` is hatchling's kind of wheel."""
        if version != "editable":
            build_data["force_include"]["frontend"] = "parlour/frontend"
