"""Songs, against a stand-in that takes its time over them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from integrations.tools.music.client import Music
from integrations.tools.music.settings import SUNO, MusicSettings
from integrations.tools.music.toolset import toolbox
from learning.actions.contract import HARMLESS
from learning.store.ids import new_id
from tests.standins.music_server import MusicServer, music_server
from tests.tools.services import Time, Used, secret

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LOOK = "GET /v1/songs/*"


@pytest.fixture
async def music() -> AsyncIterator[MusicServer]:
    async with music_server() as server:
        yield server


@asynccontextmanager
async def used(settings: MusicSettings) -> AsyncIterator[Used]:
    time = Time()
    box = toolbox(settings, Music(settings, sleep=time.sleep, monotonic=time.read))
    try:
        yield Used(box, time)
    finally:
        await box.close()


def settings_of(music: MusicServer) -> MusicSettings:
    return MusicSettings(music.url, secret(music.token), timeout_s=5.0)


@pytest.fixture
async def tools(music: MusicServer) -> AsyncIterator[Used]:
    async with used(settings_of(music)) as tools:
        yield tools


async def test_a_song_is_made_and_says_where_the_time_went(tools: Used, music: MusicServer) -> None:
    music.stages = ("queued", "queued", "rendering")
    song = await tools.do(
        "create", timeout_s=300, prompt="rain", genre="lo-fi", tempo="90 bpm", mood="calm"
    )
    assert song.text == f"[Untitled]({song.link}) (1:34)"
    kept = {name: song.data[name] for name in ("genre", "tempo", "style", "mood", "duration", "id")}
    assert kept == {
        "genre": "lo-fi",
        "tempo": "90 bpm",
        "style": "",
        "mood": "calm",
        "duration": 93.6,
        "id": "song1",
    }
    assert [(p.name, p.ms, p.waiting) for p in song.phases] == [
        ("queue", 2000, True),
        ("render", 7500, True),
        ("fetch", 0, False),
    ]
    assert tools.time.slept == [2.0, 3.0, 4.5]
    assert "style" not in music.songs[0]
    found = await tools.do("get", id="song1")
    assert found.text.endswith(": complete")
    listed = {tool.name: tool for tool in await tools.box.tools("w1")}
    assert (listed["music.create"].effect, listed["music.create"].slow) == ("writes", True)


async def test_one_action_makes_one_song(tools: Used, music: MusicServer) -> None:
    action = new_id()
    music.fail("POST /v1/songs", 502, done=True)
    unknown = await tools.fails("create", action, prompt="rain")
    assert unknown.kind == "timeout"
    again = await tools.do("create", action, timeout_s=300, prompt="rain")
    assert again.data["id"] == "song1"
    assert len(music.songs) == 1


async def test_looks_that_fail_lose_no_song_and_waiting_ends(
    tools: Used, music: MusicServer
) -> None:
    music.fail(LOOK, 502, times=2)
    await tools.do("create", timeout_s=300, prompt="rain")
    music.fail(LOOK, 429, {"error": "slow down"}, headers={"Retry-After": "40"})
    await tools.do("create", timeout_s=300, prompt="rain")
    assert 40.0 in tools.time.slept
    music.stages = ("rendering",) * 100
    late = await tools.fails("create", prompt="rain")
    assert (late.kind, "song3" in late.message) == ("timeout", True)
    assert [phase.name for phase in late.phases] == ["render"]


async def test_a_service_that_refuses_or_fails_says_why(tools: Used, music: MusicServer) -> None:
    wrong = await tools.fails("create", prompt="x" * 500)
    assert (wrong.kind, wrong.status) == ("invalid", 422)
    assert "at most 400 characters" in wrong.said
    music.reason = "The prompt names a living artist"
    refused = await tools.fails("create", prompt="like somebody famous")
    assert refused.message == "The song was not made: The prompt names a living artist"
    assert refused.kind in HARMLESS
    assert refused.phases
    assert (await tools.fails("get", id="song9")).kind == "not_found"
    music.token = "another"
    denied = await tools.fails("create", prompt="rain")
    assert (denied.kind, denied.status) == ("denied", 401)
    assert "music-token" not in denied.message + denied.said


async def test_answers_that_are_no_songs_are_failures_of_their_own(
    tools: Used, music: MusicServer
) -> None:
    for body, kind in (
        ("<html>Sign in</html>", "broken"),
        (b"[" + b" " * (50 * 2**20) + b"]", "too_large"),
        ({"ok": True}, "broken"),
        ("7", "broken"),
    ):
        music.fail("POST /v1/songs", 200, body)
        assert (await tools.fails("create", prompt="rain")).kind == kind
    music.sound = ("text/html", b"<html>Not here</html>")
    silent = await tools.fails("create", prompt="rain")
    assert silent.kind == "broken"
    gate = music.hold(LOOK)
    async with used(replace(settings_of(music), timeout_s=0.05)) as hasty:
        assert (await hasty.fails("get", id="song1")).kind == "timeout"
    gate.open()
    async with used(replace(settings_of(music), url="http://127.0.0.1:1")) as nowhere:
        assert (await nowhere.fails("create", prompt="rain")).kind == "unavailable"


async def test_another_service_is_another_shape(music: MusicServer) -> None:
    async with used(replace(settings_of(music), shape=SUNO)) as tools:
        asked: dict[str, Any] = {"prompt": "rain", "genre": "jazz", "tempo": "slow"}
        untitled = await tools.fails("create", **asked)
        assert (untitled.kind, "title is required" in untitled.said) == ("invalid", True)
        song = await tools.do("create", timeout_s=300, title="Rain", **asked)
        assert song.text.startswith("[Rain](")
        assert music.songs[0]["tags"] == "jazz, slow"
