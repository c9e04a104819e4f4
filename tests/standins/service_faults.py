"""What goes wrong in a stand-in for a service, when a test asks for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(slots=True)
class Gate:
    """Holds requests back until it is opened."""

    opened: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def open(self) -> None:
        self.opened.set()


@dataclass(slots=True)
class Fault:
    status: int
    body: Any
    headers: Mapping[str, str]
    times: int
    done: bool

    def answer(self, request: web.Request) -> web.Response:
        if self.status == 0:  # the connection ends without an answer
            if request.transport is not None:
                request.transport.close()
            return web.Response(status=500)
        if isinstance(self.body, bytes | str):
            raw = self.body.encode() if isinstance(self.body, str) else self.body
            headers = {"Content-Type": "text/html", **self.headers}
            return web.Response(status=self.status, body=raw, headers=headers)
        return web.json_response(self.body, status=self.status, headers=self.headers)


class ServiceFaults:
    """Faults by route: "METHOD /path", with wildcards as in file names."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}
        self._gates: dict[str, Gate] = {}

    def fail(
        self,
        route: str,
        status: int,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        times: int = 1,
        done: bool = False,
    ) -> None:
        """Let requests fail. Status 0 drops the connection; ``done`` does the work all the same."""
        body = {"message": "Server Error"} if body is None else body
        self._faults[route] = Fault(status, body, headers or {}, times, done)

    def hold(self, route: str) -> Gate:
        """Hold requests back, before any work is done, until the gate is opened."""
        gate = self._gates[route] = Gate()
        return gate

    def open_all(self) -> None:
        for gate in self._gates.values():
            gate.open()

    async def pass_gate(self, asked: str) -> None:
        for route, gate in self._gates.items():
            if fnmatchcase(asked, route):
                gate.came.set()
                await gate.opened.wait()

    def take(self, asked: str) -> Fault | None:
        """The failure of this request, if it is to fail."""
        for route, fault in self._faults.items():
            if fnmatchcase(asked, route):
                fault.times -= 1
                if fault.times <= 0:
                    del self._faults[route]
                return fault
        return None
