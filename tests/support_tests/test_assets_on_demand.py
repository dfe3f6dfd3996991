"""The page's files are made once somebody asks for one, and once only."""

import asyncio
import threading
from pathlib import Path

import pytest

from parlour.support.assets import Assets, AssetsOnDemand
from parlour.support.javascript import ModuleError
from tests.support.timing import scaled

CONFIG = {"guests": "on"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a page of one file."""
    (tmp_path / "index.html").write_text('<meta name="parlour-config" content="{}">')
    return tmp_path


async def test_nothing_is_made_before_somebody_asks_and_then_once_for_all(folder: Path) -> None:
    """Also when many ask while it is made, and some of them go away."""
    makes: list[int] = []
    ready: list[Assets] = []
    may_go_on = threading.Event()

    def make() -> Assets:
        makes.append(1)
        may_go_on.wait(scaled(10))
        return Assets(folder, CONFIG)

    on_demand = AssetsOnDemand(make, ready.append)
    await asyncio.sleep(0)
    assert makes == []
    asking = [asyncio.create_task(on_demand.get()) for _ in range(5)]
    await asyncio.sleep(0)
    asking.pop(0).cancel()
    may_go_on.set()
    got = await asyncio.gather(*asking)
    assert len({id(each) for each in [*got, await on_demand.get()]}) == 1
    assert makes == [1]
    assert ready == [got[0]]


async def test_what_could_not_be_made_is_tried_again_by_the_next_who_asks(folder: Path) -> None:
    """And whoever asked first gets the error."""
    script = folder / "app.js"
    script.write_text("export default 1;")
    on_demand = AssetsOnDemand(lambda: Assets(folder, CONFIG), lambda _: None)
    with pytest.raises(ModuleError, match=r"app\.js, line 1"):
        await on_demand.get()
    script.write_text("export const one = 1;")
    assert "app.js" in (await on_demand.get()).files


async def test_what_is_configured_before_and_after_stands_in_the_page(folder: Path) -> None:
    """And each time its smaller forms have to be made anew."""
    ready: list[Assets] = []
    on_demand = AssetsOnDemand(lambda: Assets(folder, CONFIG), ready.append)
    on_demand.configure({"guests": "off"})
    assert ready == []
    assets = await on_demand.get()
    assert b"&quot;guests&quot;: &quot;off&quot;" in assets.files["index.html"].body
    on_demand.configure({"guests": "on"})
    assert b"&quot;guests&quot;: &quot;on&quot;" in assets.files["index.html"].body
    assert ready == [assets, assets]
