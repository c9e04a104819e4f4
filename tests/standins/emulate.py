"""Somebody else's Slack and GitHub, from npm: laxer than ours, and made without knowing ours."""

from __future__ import annotations

import asyncio
import json
import socket
from asyncio.subprocess import PIPE
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from tests.standins.npm import command

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    Json = dict[str, Any]

STARTS_S = 60
SIGNING_SECRET = "emulated-signing-secret"
CLIENT_ID = "12345.67890"
CLIENT_SECRET = "emulated-client-secret"
PEOPLE = ("alice", "bob")


@dataclass(frozen=True, slots=True)
class Emulated:
    """The running stand-in, as people use it: each has a token of their own, "xoxp-NAME"."""

    url: str
    http: httpx.AsyncClient

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    async def call(self, who: str, method: str, **arguments: Any) -> Json:
        """Do something as a person, or with a token; return what Slack answers."""
        token = f"xoxp-{who}" if who in PEOPLE else who
        headers = {"Authorization": f"Bearer {token}"}
        response = await self.http.post(f"{self.api_url}{method}", json=arguments, headers=headers)
        body: Json = response.json()
        assert body["ok"], (method, body)
        return body

    async def id_of(self, name: str) -> str:
        """The id of a person or a channel."""
        people = (await self.call("alice", "users.list"))["members"]
        channels = (await self.call("alice", "conversations.list"))["channels"]
        return str(next(each["id"] for each in people + channels if each["name"] == name))

    async def replies(self, channel: str, ts: str) -> list[Json]:
        """What is said in a thread, without what it began with."""
        found = await self.call("alice", "conversations.replies", channel=channel, ts=ts)
        return [each for each in found["messages"] if each["ts"] != ts]


def seed_of(root: str) -> Json:
    """A team with two people, a channel, and our app, which they may install."""
    return {
        "slack": {
            "team": {"name": "Acme", "domain": "acme"},
            "users": [{"name": name, "is_admin": name == "alice"} for name in PEOPLE],
            "channels": [{"name": "engineering"}],
            "oauth_apps": [
                {
                    "client_id": CLIENT_ID,
                    "client_secret": CLIENT_SECRET,
                    "app_id": "A000000001",
                    "name": "Mynah",
                    "redirect_uris": [f"{root}/slack/oauth_redirect"],
                    "bot_name": "mynah",
                }
            ],
            "tokens": [{"token": f"xoxp-{name}", "user": name} for name in PEOPLE],
            "signing_secret": SIGNING_SECRET,
        }
    }


@asynccontextmanager
async def emulated(root: str) -> AsyncIterator[Emulated]:
    """Run one on a free port; its events go to the server at ``root``, signed."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = str(port), json.dumps(seed_of(root)), f"{root}/slack/events"
    async with _running("slack.mjs", *arguments), httpx.AsyncClient(trust_env=False) as http:
        yield Emulated(f"http://127.0.0.1:{port}", http)


@dataclass(frozen=True, slots=True)
class EmulatedGitHub:
    """Somebody else's GitHub, with the repository "acme/api" and an App that is installed there."""

    url: str
    token: str
    app_id: str
    installation_id: str
    private_key: str


@asynccontextmanager
async def emulated_github() -> AsyncIterator[EmulatedGitHub]:
    """Run somebody else's GitHub on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    seed = {
        "tokens": {"ghp_emulated": {"login": "ada", "scopes": ["repo", "user"]}},
        "github": {
            "users": [{"login": "ada", "name": "Ada"}],
            "orgs": [{"login": "acme", "members": [{"login": "ada", "role": "admin"}]}],
            "repos": [{"owner": "acme", "name": "api", "auto_init": True}],
            "apps": [
                {
                    "app_id": 12345,
                    "slug": "mynah",
                    "name": "Mynah",
                    "permissions": {"issues": "write", "contents": "write", "metadata": "read"},
                    "installations": [{"installation_id": 100, "account": "acme"}],
                }
            ],
        },
    }
    async with _running("github.mjs", str(port), json.dumps(seed)) as said:
        found = json.loads(said)
        key = next(each["value"] for each in found["secrets"] if "private_key" in each["kind"])
        yield EmulatedGitHub(found["url"], "ghp_emulated", "12345", "100", key)


@asynccontextmanager
async def _running(script: str, *arguments: str) -> AsyncIterator[str]:
    """Run a script until it is not needed; what it says first is that it is there."""
    process = await asyncio.create_subprocess_exec(*command(script), *arguments, stdout=PIPE)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(STARTS_S):
            said = await process.stdout.readline()
        assert said, "it ended before it was there"
        yield said.decode()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
