"""The stand-in's gateway: sessions, intents, heartbeats, resuming, and what goes wrong there.

A session keeps all its events, so that it can be resumed; a client that asks for
``zlib-stream`` gets it, for anything else frames are plain text.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from tests.standins.discord_permissions import sees
from tests.standins.discord_places import gateway_url
from tests.standins.discord_showing import MEMBERS, MESSAGE_CONTENT

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from tests.standins.discord_state import Event, State
    from tests.standins.discord_things import Guild, Json

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, RESUME = 0, 1, 2, 3, 6
RECONNECT, REQUEST_MEMBERS, INVALID, HELLO, ACK = 7, 8, 9, 10, 11
HEARTBEAT_MS = 41_250
PRESENCES = 1 << 8
ALL_INTENTS = (1 << 26) - 1

UNKNOWN_OPCODE, DECODE, NOT_AUTHENTICATED, BAD_TOKEN, ALREADY = 4001, 4002, 4003, 4004, 4005
BAD_SEQUENCE, BAD_SHARD, BAD_INTENTS, REFUSED_INTENTS = 4007, 4010, 4013, 4014


class Closed(Exception):  # noqa: N818 - it ends a connection
    """The gateway closes the connection with a code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code, self.reason = code, reason


@dataclass(eq=False)
class Link:
    """One connection."""

    socket: web.WebSocketResponse
    packer: Any = None
    session: Session | None = None

    async def send(
        self, op: int, data: Any, seq: int | None = None, name: str | None = None
    ) -> None:
        text = json.dumps({"op": op, "d": data, "s": seq, "t": name})
        if self.socket.closed:
            return
        with suppress(ConnectionError):  # who has just gone resumes and gets it then
            if self.packer is None:
                await self.socket.send_str(text)
                return
            packed = self.packer.compress(text.encode()) + self.packer.flush(zlib.Z_SYNC_FLUSH)
            await self.socket.send_bytes(packed)


@dataclass(eq=False)
class Session:
    id: str
    intents: int
    shard: tuple[int, int]
    log: list[tuple[str, Json]] = field(default_factory=list)
    sent: int = 0
    """How many of its events went out over the present connection or an earlier one."""
    link: Link | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def wants(self, event: Event) -> bool:
        mine = (int(event.guild_id or 0) >> 22) % self.shard[1] == self.shard[0]
        return mine and (not event.intent or bool(self.intents & event.intent))

    def hear(self, event: Event) -> None:
        closed = event.bare is not None and not self.intents & MESSAGE_CONTENT
        self.log.append((event.name, event.bare or {} if closed else event.data))

    async def flush(self) -> None:
        async with self.turn:
            while self.link is not None and self.sent < len(self.log):
                name, data = self.log[self.sent]
                self.sent += 1
                await self.link.send(DISPATCH, data, self.sent, name)


class Gateway:
    """Everybody who is connected, and what of it may be told.

    Attributes:
        sessions: by id, also the ones without a connection.
        identified: how often a new session began.
        resumed: how often an old one went on.
        repeat: how many events that were sent already come again after a resume.
    """

    def __init__(self, state: State, changed: Callable[[], None]) -> None:
        self._state = state
        self._changed = changed
        self.sessions: dict[str, Session] = {}
        self.identified = self.resumed = 0
        self.repeat = 0
        self._open = asyncio.Event()
        self._open.set()
        self._links: set[Link] = set()

    @property
    def connected(self) -> int:
        """How many sessions are connected and identified."""
        return sum(session.link is not None for session in self.sessions.values())

    # What a test does.

    async def flush(self) -> None:
        """Send what happened to every session that wants it."""
        events, self._state.events = self._state.events, []
        for event in events:
            for session in self.sessions.values():
                if session.wants(event):
                    session.hear(event)
        for session in list(self.sessions.values()):
            await session.flush()

    async def drop(self, code: int = 4000, *, forget: bool = False) -> None:
        """Break every connection; with ``forget`` no session can be resumed."""
        if forget:
            self.sessions.clear()
        for link in list(self._links):
            if link.session is not None:
                link.session.link = None
            await link.socket.close(code=code)

    async def ask_to_reconnect(self) -> None:
        for link in list(self._links):
            await link.send(RECONNECT, None)

    @asynccontextmanager
    async def away(self) -> AsyncGenerator[None]:
        """Be out of reach for a while: what happens meanwhile is replayed after it."""
        self._open.clear()
        try:
            await self.drop()
            yield
        finally:
            self._open.set()

    # What a client does.

    async def serve(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=4096, autoping=True)
        await socket.prepare(request)
        await self._open.wait()
        packed = request.query.get("compress") == "zlib-stream"
        link = Link(socket, zlib.compressobj() if packed else None)
        self._links.add(link)
        try:
            _check_version(request)
            await link.send(HELLO, {"heartbeat_interval": HEARTBEAT_MS})
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._take(link, message.data)
        except Closed as closed:
            await socket.close(code=closed.code, message=closed.reason.encode())
        finally:
            self._links.discard(link)
            if link.session is not None and link.session.link is link:
                link.session.link = None
            self._changed()
        return socket

    async def _take(self, link: Link, text: str) -> None:
        try:
            frame = json.loads(text)
            op, data = frame["op"], frame.get("d")
        except (ValueError, KeyError, TypeError):
            raise Closed(DECODE, "Error while decoding payload.") from None
        if op == HEARTBEAT:
            await link.send(ACK, None)
        elif op == IDENTIFY:
            await self._identify(link, data)
        elif op == RESUME:
            await self._resume(link, data)
        elif link.session is None:
            raise Closed(NOT_AUTHENTICATED, "Not authenticated.")
        elif op == REQUEST_MEMBERS:
            await self._members(link.session, data)
        elif op != PRESENCE:
            raise Closed(UNKNOWN_OPCODE, "Unknown opcode.")

    async def _identify(self, link: Link, data: Json) -> None:
        app = self._state.app
        if link.session is not None:
            raise Closed(ALREADY, "Already authenticated.")
        if data.get("token") != app.token:
            raise Closed(BAD_TOKEN, "Authentication failed.")
        intents = data.get("intents")
        if not isinstance(intents, int) or intents & ~ALL_INTENTS:
            raise Closed(BAD_INTENTS, "Invalid intent(s).")
        needs = ((MESSAGE_CONTENT, app.message_content), (MEMBERS, app.members))
        for intent, granted in (*needs, (PRESENCES, app.presences)):
            if intents & intent and not granted:
                raise Closed(REFUSED_INTENTS, "Disallowed intent(s).")
        shard = tuple(data.get("shard") or (0, 1))
        if len(shard) != 2 or not 0 <= shard[0] < shard[1]:
            raise Closed(BAD_SHARD, "Invalid shard.")
        await self.flush()
        session = Session(f"session-{self._state.new_id()}", intents, (shard[0], shard[1]))
        self.sessions[session.id] = session
        link.session, session.link = session, link
        self.identified += 1
        mine = [guild for guild in self._state.guilds.values() if app.bot.id in guild.members]
        mine = [one for one in mine if (int(one.id) >> 22) % shard[1] == shard[0]]
        user = app.bot.wire() | {"verified": True, "mfa_enabled": False}
        ready: Json = {
            "v": 10,
            "user": user,
            "guilds": [{"id": guild.id, "unavailable": True} for guild in mine],
            "session_id": session.id,
            "resume_gateway_url": gateway_url(self._state),
            "shard": list(shard),
            "application": {"id": app.id, "flags": app.wire(self._state.owner)["flags"]},
        }
        session.log.append(("READY", ready))
        for guild in mine:
            if intents & 1 and not guild.unavailable:
                session.log.append(("GUILD_CREATE", guild_wire(self._state, guild)))
        await session.flush()
        self._changed()

    async def _resume(self, link: Link, data: Json) -> None:
        if data.get("token") != self._state.app.token:
            raise Closed(BAD_TOKEN, "Authentication failed.")
        session = self.sessions.get(str(data.get("session_id")))
        if session is None:
            await link.send(INVALID, data=False)
            return
        seq = int(data.get("seq") or 0)
        if seq > len(session.log):
            raise Closed(BAD_SEQUENCE, "Invalid seq.")
        first = max(seq - self.repeat, 0)
        again = [n for n in range(first, seq) if session.log[n][0] not in _ONCE]
        await self.flush()
        async with session.turn:
            for n in again:
                name, body = session.log[n]
                await link.send(DISPATCH, body, n + 1, name)
            session.log.append(("RESUMED", {}))
            session.sent = seq
            link.session, session.link = session, link
        self.resumed += 1
        await session.flush()
        self._changed()

    async def _members(self, session: Session, data: Json) -> None:
        guild = self._state.guilds.get(str(data.get("guild_id")))
        if guild is None:
            return
        wanted = {str(one) for one in data.get("user_ids") or []}
        query = str(data.get("query") or "")
        if not wanted and not query and not session.intents & MEMBERS:
            raise Closed(REFUSED_INTENTS, "Disallowed intent(s).")
        found = [
            one.wire()
            for one in guild.members.values()
            if (one.user.id in wanted if wanted else one.user.name.startswith(query))
        ]
        chunk: Json = {
            "guild_id": guild.id,
            "members": found,
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": sorted(wanted - set(guild.members)),
        }
        if data.get("nonce"):
            chunk["nonce"] = data["nonce"]
        session.log.append(("GUILD_MEMBERS_CHUNK", chunk))
        await session.flush()


def _check_version(request: web.Request) -> None:
    if request.query.get("v") != "10" or request.query.get("encoding") != "json":
        raise Closed(4012, "Invalid API version.")


_ONCE = frozenset({"READY", "RESUMED", "GUILD_CREATE"})


def guild_wire(state: State, guild: Guild, *, joined: bool = False) -> Json:
    """A guild as GUILD_CREATE tells it: only the bot's own member, threads that it sees.

    One that the bot has just joined does not say whether it is available.
    """
    bot = state.app.bot
    here = [one for one in state.channels.values() if one.guild_id == guild.id]
    threads = [one for one in here if one.is_thread and not one.archived and sees(state, bot, one)]
    availability = {} if joined else {"unavailable": False}
    return (
        guild.wire()
        | availability
        | {
            "joined_at": guild.members[bot.id].joined_at,
            "large": False,
            "member_count": len(guild.members),
            "members": [guild.members[bot.id].wire()],
            "channels": [one.wire(state) for one in here if not one.is_thread],
            "threads": [one.wire(state) for one in threads],
            "voice_states": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }
    )
