"""A stand-in for OpenAI, Anthropic and Ollama on one loopback port.

It speaks enough of their HTTP APIs for the real SDKs: chat completions and
messages, streamed and whole, lists of models, and Ollama's tags. What it
answers is scripted, failures too, and it keeps what it was asked.

    async with model_server() as server:
        server.say("Hello", " there.")
        ...  # point an SDK at server.openai_url, .anthropic_url or .ollama_url
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections import deque
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.standins.model_wire import STATUSES, AnthropicWire, Fault, OpenAIWire, Script

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

Dialect = Literal["openai", "anthropic"]

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""What providers take for the name of a tool."""


@dataclass(slots=True)
class Received:
    """One question, as it came over the wire."""

    dialect: Dialect
    body: dict[str, Any]
    headers: Mapping[str, str]
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the client closed the connection before the answer was finished."""

    @property
    def model(self) -> str:
        return str(self.body.get("model", ""))

    @property
    def system(self) -> str:
        if self.dialect == "anthropic":
            return _flat(self.body.get("system", ""))
        return "\n".join(t for r, t in self._all() if r in {"system", "developer"})

    @property
    def turns(self) -> list[tuple[str, str]]:
        """Role and text of every message that is not an instruction."""
        return [(r, t) for r, t in self._all() if r not in {"system", "developer"}]

    @property
    def tools(self) -> list[str]:
        """The names of the tools that may be used."""
        return [str((t.get("function") or t)["name"]) for t in self.body.get("tools", [])]

    @property
    def results(self) -> list[str]:
        """What tools returned, in the order of the messages."""
        found = []
        for message in self.body["messages"]:
            if message["role"] == "tool":
                found.append(_flat(message["content"]))
            elif isinstance(message["content"], list):
                blocks = [b for b in message["content"] if b.get("type") == "tool_result"]
                found += [_flat(block["content"]) for block in blocks]
        return found

    def _all(self) -> list[tuple[str, str]]:
        return [(m["role"], _flat(m.get("content") or "")) for m in self.body["messages"]]


def _flat(content: object) -> str:
    if isinstance(content, list):
        return "".join(str(block.get("text", "")) for block in content)
    return str(content)


@dataclass(frozen=True, slots=True)
class Played:
    """One recording, as it came over the wire."""

    model: str
    name: str
    data: bytes


@dataclass(slots=True)
class ModelServer:
    """A running stand-in: tell it what to answer, read what it was asked."""

    port: int
    answer: Callable[[Received], Script] = lambda received: Script((f"I am {received.model}.",))
    """Makes the answer to a question for which nothing was queued."""
    tags: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    """What the lists of models hold."""
    key: str | None = None
    """The only key that is accepted; ``None`` accepts all."""
    received: list[Received] = field(default_factory=list)
    queued: deque[Script] = field(default_factory=deque)
    transcript: str = ""
    """What every recording says; an empty one is not taken."""
    played: list[Played] = field(default_factory=list)

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def openai_url(self) -> str:
        return f"{self.root}/v1"

    @property
    def anthropic_url(self) -> str:
        return self.root

    @property
    def ollama_url(self) -> str:
        return self.root

    def say(self, *pieces: str, **script: Any) -> None:
        """Queue one answer."""
        self.queued.append(Script(pieces, **script))

    def fail(self, fault: Fault, *pieces: str, **script: Any) -> None:
        """Queue one failure, after some pieces if the fault allows them."""
        self.queued.append(Script(pieces, fault, **script))

    def reset(self) -> None:
        """Forget everything that was said and set."""
        fresh = ModelServer(self.port)
        self.answer, self.tags, self.models, self.key = fresh.answer, (), (), None
        self.received, self.queued = [], deque()
        self.transcript, self.played = "", []

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self._chat, methods=["POST"]),
                Route("/v1/messages", self._messages, methods=["POST"]),
                Route("/v1/audio/transcriptions", self._transcribe, methods=["POST"]),
                Route("/v1/models", self._models),
                Route("/v1/models/{model:path}", self._model),
                Route("/api/tags", self._tags),
            ]
        )

    async def _chat(self, request: Request) -> Response:
        return await self._reply(request, "openai", OpenAIWire)

    async def _messages(self, request: Request) -> Response:
        return await self._reply(request, "anthropic", AnthropicWire)

    async def _transcribe(self, request: Request) -> Response:
        async with request.form() as form:
            file = form["file"]
            assert isinstance(file, UploadFile)
            played = Played(str(form["model"]), file.filename or "", await file.read())
        self.played.append(played)
        if not self._admits(request):
            return JSONResponse({"error": {"message": f"not {self.key}"}}, 401)
        if not self.transcript:
            return JSONResponse({"error": {"message": "sk-secret-echo"}}, 400)
        return JSONResponse({"text": self.transcript})

    async def _reply(
        self, request: Request, dialect: Dialect, wire: type[OpenAIWire | AnthropicWire]
    ) -> Response:
        received = Received(dialect, await request.json(), request.headers)
        self.received.append(received)
        script = self.queued.popleft() if self.queued else self.answer(received)
        if not self._admits(request):
            script = replace(script, fault=Fault.UNAUTHORIZED)
        if any(not _NAME.fullmatch(name) for name in received.tools):
            script = replace(script, fault=Fault.BAD_REQUEST)
        if script.fault is Fault.GARBAGE:
            return Response("<html>It works!</html>", media_type="text/html")
        if script.fault in STATUSES:
            return wire.error(script)
        script = replace(script, version=script.version or received.model)
        return _Answer(script, received, wire)

    def _admits(self, request: Request) -> bool:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        return self.key is None or self.key in {bearer, request.headers.get("x-api-key")}

    async def _models(self, request: Request) -> Response:
        if not self._admits(request):
            return JSONResponse({"error": {"message": "no"}}, 401)
        return JSONResponse({"data": [{"id": m, "object": "model"} for m in self.models]})

    async def _model(self, request: Request) -> Response:
        known = request.path_params["model"] in self.models
        return JSONResponse({"id": request.path_params["model"]}, 200 if known else 404)

    async def _tags(self, _: Request) -> Response:
        return JSONResponse({"models": [{"name": tag, "model": tag} for tag in self.tags]})


class _Answer(Response):
    """An answer over time. It watches for the client to go, and stops then."""

    def __init__(
        self, script: Script, received: Received, wire: type[OpenAIWire | AnthropicWire]
    ) -> None:
        super().__init__()
        self._script = script
        self._received = received
        self._wire = wire

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        writing = asyncio.ensure_future(self._write(send))
        leaving = asyncio.ensure_future(_departure(receive))
        await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not writing.done():
            self._received.gone.set()
        for task in (writing, leaving):
            task.cancel()
        await asyncio.gather(writing, leaving, return_exceptions=True)

    async def _write(self, send: Send) -> None:
        stream = bool(self._received.body.get("stream"))
        kind = b"text/event-stream" if stream else b"application/json"
        if not stream:
            await self._pauses()
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]}
        )
        chunks = self._streamed() if stream else self._whole()
        async for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        # Without this last event the server drops the connection.
        if self._script.fault is not Fault.BROKEN:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pauses(self) -> None:
        for index in range(len(self._script.pieces)):
            await self._pause(index)
        if self._script.fault is Fault.HANG:
            await asyncio.Event().wait()

    async def _pause(self, index: int) -> None:
        script = self._script
        first = index == 0 and script.first_delay_s is not None
        if delay_s := (script.first_delay_s if first else script.delay_s):
            await asyncio.sleep(delay_s)

    async def _whole(self) -> AsyncIterator[bytes]:
        yield json.dumps(self._wire.whole(self._script)).encode()

    async def _streamed(self) -> AsyncIterator[bytes]:
        script, wire = self._script, self._wire
        yield wire.opening(script)
        for index, text in enumerate(script.pieces):
            await self._pause(index)
            yield wire.piece(script, text)
        match script.fault:
            case Fault.HANG:
                await asyncio.Event().wait()
            case Fault.ERROR_MIDWAY:
                yield wire.midway(script)
            case Fault.BROKEN | Fault.UNFINISHED:
                pass
            case _:
                yield wire.ending(script)


async def _departure(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class _Uvicorn(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signals to whoever runs the tests."""
        yield


@asynccontextmanager
async def model_server() -> AsyncGenerator[ModelServer]:
    """Run a stand-in on a free port of the loopback interface."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        # asyncio does this only for sockets that name their protocol; without it each answer
        # waits 40 ms for a delayed acknowledgement. Accepted connections inherit it.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = ModelServer(listener.getsockname()[1])
        config = uvicorn.Config(
            server.app(),
            lifespan="off",
            ws="none",
            log_config=None,
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        running = _Uvicorn(config)
        # Connections wait in the backlog until it accepts, so there is no start to wait for.
        serving = asyncio.create_task(running.serve(sockets=[listener]))
        try:
            yield server
        finally:
            running.should_exit = True
            await serving
