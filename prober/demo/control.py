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


@dataclass(frozen=True)
class Control:
    """Answers on the control door. *state* tells the doors and counters, *reset* puts everything but faults back."""

    customers: Customers
    faults: Faults
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
            ]
        )

    async def _state(self, _request: Request) -> JSONResponse:
        known = {door: {fault.name: fault.sentence for fault in KNOWN[door]} for door in KNOWN}
        return JSONResponse({**self.state(), "faults": self._switched(), "known_faults": known})

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
            self.faults.change(await _object(request))
        except (UnknownFault, _NoObject) as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        return JSONResponse(self._switched())

    async def _delete_faults(self, _request: Request) -> JSONResponse:
        self.faults.clear()
        return JSONResponse(self._switched())

    def _switched(self) -> dict[str, object]:
        active = {door: self.faults.active(door) for door in KNOWN}
        return {door: asdict(fault) if fault else None for door, fault in active.items()}


class _NoObject(ValueError):
    """What came is no JSON object."""


async def _object(request: Request) -> dict[str, object]:
    try:
        content = await request.json()
    except (JSONDecodeError, UnicodeDecodeError):
        content = None
    if not isinstance(content, dict):
        raise _NoObject('Send a JSON object, as {"web": "wrong-balance"}')
    return content
