"""The control door: what is open, which faults are on, and back to the first state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from json import JSONDecodeError

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from prober.demo.customers import Customers
from prober.demo.faults import KNOWN, Faults, UnknownFault
from prober.demo.journal import Journal
from prober.demo.player import Player
from prober.demo.script import BadScript, read


@dataclass(frozen=True)
class Control:
    """Answers on the control door. *state* tells the doors and counters, *reset* puts everything but faults back."""

    customers: Customers
    faults: Faults
    player: Player
    journal: Journal
    state: Callable[[], Mapping[str, object]]
    reset: Callable[[], None]

    def app(self) -> Starlette:
        """Return the HTTP application."""
        return Starlette(
            routes=[
                Route("/state", self._state),
                Route("/customers", self._customers),
                Route("/reset", self._reset, methods=["POST"]),
                Route("/faults", self._put_faults, methods=["PUT"]),
                Route("/faults", self._delete_faults, methods=["DELETE"]),
                Route("/script", self._put_script, methods=["PUT"]),
                Route("/script", self._delete_script, methods=["DELETE"]),
            ]
        )

    async def _state(self, _request: Request) -> JSONResponse:
        known = {door: {fault.name: fault.sentence for fault in KNOWN[door]} for door in KNOWN}
        switches = {"faults": self._switched(), "script": self.player.told(), "switched": self.journal.told()}
        return JSONResponse({**self.state(), **switches, "known_faults": known})

    async def _customers(self, _request: Request) -> JSONResponse:
        customers = [
            {**asdict(customer), "packages": [package.code for package in self.customers.active(customer.msisdn)]}
            for customer in self.customers.all()
        ]
        return JSONResponse(customers)

    async def _reset(self, _request: Request) -> JSONResponse:
        self.reset()
        return JSONResponse({"customers": len(self.customers.all())})

    async def _put_faults(self, request: Request) -> JSONResponse:
        try:
            wishes = await _object(request)
            if self.player.script is None:
                self.faults.change(wishes)
        except (UnknownFault, _NoObject) as error:
            return _bad(error)
        return self._unless_scripted()

    async def _delete_faults(self, _request: Request) -> JSONResponse:
        if self.player.script is None:
            self.faults.clear()
        return self._unless_scripted()

    async def _put_script(self, request: Request) -> JSONResponse:
        try:
            self.player.play(read(await _object(request)))
        except (BadScript, _NoObject) as error:
            return _bad(error)
        return JSONResponse(self.player.told())

    async def _delete_script(self, _request: Request) -> JSONResponse:
        self.player.stop()
        return JSONResponse(self._switched())

    def _unless_scripted(self) -> JSONResponse:
        """Answer what is on; but while a script has the switches, that they are not to be touched."""
        script = self.player.script
        if script is None:
            return JSONResponse(self._switched())
        why = f"A script with the seed {script.seed} has the switches. End it first: DELETE /script."
        return JSONResponse({"error": why}, status_code=409)

    def _switched(self) -> dict[str, object]:
        active = {door: self.faults.active(door) for door in KNOWN}
        return {door: asdict(fault) if fault else None for door, fault in active.items()}


class _NoObject(ValueError):
    """What came is no JSON object."""


def _bad(error: ValueError) -> JSONResponse:
    return JSONResponse({"error": str(error)}, status_code=422)


async def _object(request: Request) -> dict[str, object]:
    try:
        content = await request.json()
    except (JSONDecodeError, UnicodeDecodeError):
        content = None
    if not isinstance(content, dict):
        raise _NoObject('Send a JSON object, as {"web": "wrong-balance"} to /faults or {"seed": 7} to /script')
    return content
