"""The IVR channel under the contract, with the demo operator's IVR as its peer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from prober.channels.ivr.actions import Dial, Hear
from prober.channels.ivr.config import Settings
from prober.channels.ivr.driver import IvrDriver
from prober.demo.customers import Customers
from prober.demo.ivr.door import IvrDoor
from prober.demo.recordings import find_folder
from prober.loading.prompts import load_prompts
from prober.model.scenario import Action
from tests.channels.contract import Case


@asynccontextmanager
async def contract(folder: Path) -> AsyncIterator[Case]:
    """The call is answered; the prompt of a wrong key never comes."""
    database = folder / "customers.sqlite"
    Customers(database).close()
    door = IvrDoor("127.0.0.1", 0, customers_path=database, recordings=find_folder(), fault=lambda: None)
    port = await door.start()
    table = load_prompts(find_folder())

    def driver(server: str) -> IvrDriver:
        return IvrDriver(Settings.model_validate({"server": server, "prompts": str(table.folder)}), table)

    yield Case(
        driver=driver(f"127.0.0.1:{port}"),
        broken=driver("no-such-host.invalid:5060"),
        act=Action("ivr", "dial", Dial("10086")),
        wait=Action("ivr", "hear", Hear("wrong_key")),
    )
    await door.close()
