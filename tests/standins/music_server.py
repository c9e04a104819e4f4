"""A strict stand-in for a service that makes songs, which takes time over them.

async with music_server() as music:
    ...  # MusicSettings(url=music.url, token=SecretStr(music.token))
    music.songs  # what was asked for, and what became of it
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.standins.service_faults import ServiceFaults

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    Json = dict[str, Any]

WORDS = ("prompt", "genre", "tempo", "style", "mood", "title")
MOST_PROMPT = 400


class MusicServer:
    """The running stand-in.

    Attributes:
        songs: everything that was asked for, oldest first.
        stages: the statuses that a song goes through, one a look, before it is complete.
        reason: why songs fail; empty while they succeed.
        fail, hold: how to make it fail or wait; see ``ServiceFaults``.
        calls: method and path of what came in, with the status it was answered with.
    """

    def __init__(self) -> None:
        self.url = ""
        self.token = "music-token"
        self.songs: list[Json] = []
        self.stages: tuple[str, ...] = ("queued", "rendering")
        self.reason = ""
        self.sound: tuple[str, bytes] = ("audio/mpeg", b"ID3" + bytes(2048))
        self.calls: list[tuple[str, int]] = []
        self.faults = ServiceFaults()
        self.fail, self.hold = self.faults.fail, self.faults.hold

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._around])
        application.add_routes(
            [
                web.post("/v1/songs", self._create),
                web.get("/v1/songs/{id}", self._look),
                web.get("/audio/{id}.mp3", self._sound),
                web.post("/api/custom_generate", self._create_listed),
                web.get("/api/get", self._look_listed),
            ]
        )
        return application

    @web.middleware
    async def _around(self, request: web.Request, handler: Any) -> web.StreamResponse:
        asked = f"{request.method} {request.path}"
        await self.faults.pass_gate(asked)
        fault = self.faults.take(asked)
        response: web.StreamResponse
        if fault is not None and not fault.done:
            response = fault.answer(request)
        elif request.headers.get("Authorization") != f"Bearer {self.token}":
            response = web.json_response({"error": "invalid or missing API key"}, status=401)
        else:
            response = await handler(request)
            if fault is not None:
                response = fault.answer(request)
        self.calls.append((asked, response.status))
        return response

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.json()
        song = self._begin(request, body)
        if isinstance(song, web.Response):
            return song
        return web.json_response({"id": song["id"], "status": song["status"]}, status=202)

    async def _create_listed(self, request: web.Request) -> web.Response:
        """The open wrapper around Suno: tags in one field, two of a kind."""
        body = await request.json()
        for name in ("tags", "title"):
            if not body.get(name):
                return web.json_response({"error": f"{name} is required"}, status=400)
        song = self._begin(request, {"prompt": body["prompt"], "title": body["title"]})
        if isinstance(song, web.Response):
            return song
        song["tags"] = body["tags"]
        return web.json_response([{"id": song["id"], "status": "submitted"}] * 2)

    def _begin(self, request: web.Request, body: Json) -> Json | web.Response:
        wrong = [
            {"field": name, "message": "must be a string"}
            for name in WORDS
            if not isinstance(body.get(name, ""), str)
        ]
        if not body.get("prompt"):
            wrong.append({"field": "prompt", "message": "is required"})
        elif len(body["prompt"]) > MOST_PROMPT:
            said = f"must be at most {MOST_PROMPT} characters"
            wrong.append({"field": "prompt", "message": said})
        wrong += [
            {"field": name, "message": "is unknown"}
            for name in body
            if name not in {*WORDS, "instrumental"}
        ]
        if wrong:
            return web.json_response({"error": "validation", "details": wrong}, status=422)
        key = request.headers.get("Idempotency-Key", "")
        for song in self.songs:
            if key and song["key"] == key:
                return song
        song = {
            **body,
            "id": f"song{len(self.songs) + 1}",
            "key": key,
            "status": "queued",
            "ahead": list(self.stages),
        }
        self.songs.append(song)
        return song

    async def _look(self, request: web.Request) -> web.Response:
        song = self._song(request.match_info["id"])
        if song is None:
            return web.json_response({"error": "no such song"}, status=404)
        return web.json_response(self._shown(song))

    async def _look_listed(self, request: web.Request) -> web.Response:
        song = self._song(request.query["ids"])
        return web.json_response([] if song is None else [self._shown(song)])

    def _song(self, song_id: str) -> Json | None:
        return next((song for song in self.songs if song["id"] == song_id), None)

    def _shown(self, song: Json) -> Json:
        if song["ahead"]:
            song["status"] = song["ahead"].pop(0)
            return {"id": song["id"], "status": song["status"]}
        song["status"] = "failed" if self.reason else "complete"
        if self.reason:
            said = {"error": self.reason, "error_message": self.reason}
            return {"id": song["id"], "status": "failed", **said}
        return {
            "id": song["id"],
            "status": "complete",
            "title": song.get("title") or "Untitled",
            "audio_url": f"{self.url}/audio/{song['id']}.mp3",
            "image_url": f"{self.url}/image/{song['id']}.png",
            "duration": 93.6,
        }

    async def _sound(self, request: web.Request) -> web.Response:
        del request
        kind, sound = self.sound
        return web.Response(body=sound, content_type=kind)


@asynccontextmanager
async def music_server() -> AsyncGenerator[MusicServer]:
    """Run a stand-in on a free port of the loopback interface."""
    server = MusicServer()
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        server.faults.open_all()
        await runner.cleanup()
