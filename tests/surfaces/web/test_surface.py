"""The surface without a browser: live events, deliveries, what may be typed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.contracts.delivery import Delivery, Target
from integrations.surfaces.web import WebSurface
from integrations.surfaces.web.composer import command_of
from integrations.surfaces.web.markdown import Markdown
from integrations.surfaces.web.page import Settings, person_before
from integrations.surfaces.web.when import ago
from tests.surfaces.web.fake_host import FakeBroadcast, FakeHost

if TYPE_CHECKING:
    from integrations.contracts.host import LiveEvent
    from integrations.contracts.surface import Surface

CONVERSATION, INTERACTION = uuid4(), uuid4()
TARGET = Target("web", "w", "c", "t", "u", CONVERSATION, INTERACTION, private=True)


class Gap:
    """Time between two events, which ends when the test says so."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.over = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self.over.wait()


def shape(broadcast: FakeBroadcast) -> list[tuple[str, str]]:
    assert {conversation for conversation, _ in broadcast.published} <= {CONVERSATION}
    assert {event.interaction_id for _, event in broadcast.published} <= {INTERACTION}
    return [(event.kind, event.text) for _, event in broadcast.published]


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_pieces_are_joined_between_two_events() -> None:
    broadcast, gap = FakeBroadcast(), Gap()
    surface: Surface = WebSurface("w", broadcast, pause=gap)
    async with surface.live(TARGET) as live:
        await live.status("Looking")
        await settle()
        for letter in "abcdef":
            await live.append(letter)
            await settle()
        assert shape(broadcast) == [("status", "Looking")]
        gap.over.set()
        await settle()
    assert shape(broadcast) == [("status", "Looking"), ("piece", "abcdef")]
    assert gap.asked == [0.05, 0.05]


async def test_what_has_not_left_is_dropped_because_the_whole_reply_follows() -> None:
    broadcast, gap = FakeBroadcast(), Gap()
    async with WebSurface("w", broadcast, pause=gap).live(TARGET) as live:
        await live.append("first")
        await settle()
        await live.append("second")
    assert shape(broadcast) == [("piece", "first")]


async def test_a_restart_takes_back_what_has_not_left() -> None:
    broadcast, gap = FakeBroadcast(), Gap()
    async with WebSurface("w", broadcast, pause=gap).live(TARGET) as live:
        await live.append("gone out")
        await settle()
        await live.append("never shown")
        await live.status("never shown either")
        await live.restart()
        await live.append("anew")
        gap.over.set()
        await settle()
    assert shape(broadcast) == [("piece", "gone out"), ("restart", ""), ("piece", "anew")]


async def test_only_the_newest_status_leaves_and_order_is_kept() -> None:
    broadcast, gap = FakeBroadcast(), Gap()
    async with WebSurface("w", broadcast, pause=gap).live(TARGET) as live:
        await live.status("one")
        await settle()
        await live.status("two")
        await live.append("a")
        await live.status("three")
        await live.append("b")
        gap.over.set()
        await settle()
    assert [text for _, text in shape(broadcast)] == ["one", "a", "three", "b"]


@settings(deadline=None)
@given(st.lists(st.text(max_size=20), max_size=30))
def test_no_piece_is_lost_or_doubled(pieces: list[str]) -> None:
    async def run() -> str:
        broadcast = FakeBroadcast()
        surface = WebSurface("w", broadcast, pause=lambda _: asyncio.sleep(0))
        async with surface.live(TARGET) as live:
            for i, piece in enumerate(pieces):
                await live.append(piece)
                if i % 3 == 0:
                    await asyncio.sleep(0)
            for _ in range(3 * len(pieces) + 5):
                await asyncio.sleep(0)
        return "".join(text for _, text in shape(broadcast))

    assert asyncio.run(run()) == "".join(pieces)


async def test_a_broken_broadcast_does_not_break_the_reply() -> None:
    class Broken:
        async def publish(self, conversation_id: UUID, event: LiveEvent) -> None:
            raise ConnectionError(f"{conversation_id} {event.kind}")

    surface = WebSurface("w", Broken(), pause=lambda _: asyncio.sleep(0))
    async with surface.live(TARGET) as live:
        await live.append("text")


async def test_a_failing_turn_leaves_no_task_behind() -> None:
    surface = WebSurface("w", FakeBroadcast(), pause=Gap())

    async def turn() -> None:
        async with surface.live(TARGET) as live:
            await live.append("text")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await turn()
    await settle()
    assert not [t for t in asyncio.all_tasks() if t.get_name().startswith("live reply")]


async def test_delivering_again_gives_the_same_reference() -> None:
    broadcast = FakeBroadcast()
    surface = WebSurface("w", broadcast)
    delivery = Delivery("key-1", TARGET, "text")
    refs = {await surface.deliver(delivery), await surface.deliver(delivery)}
    refs.add(await surface.deliver(Delivery("key-1", TARGET, "text", ref=next(iter(refs)))))
    assert len(refs) == 1
    assert shape(broadcast) == [("changed", "")] * 3


@pytest.mark.parametrize(("allowed", "who"), [(False, "you"), (True, "eve")])
def test_nobody_speaks_as_somebody_else_unless_that_is_allowed(allowed: bool, who: str) -> None:
    settings = Settings("w", "you", allowed, (), lambda: datetime.now(UTC), lambda: False)
    person = person_before(settings, " eve ")
    assert (person.workspace_id, person.user_id, person.surface) == ("w", who, "web")
    assert person.private


async def test_the_page_can_move_to_another_application() -> None:
    for who in ("ann", "bob"):
        broadcast = FakeBroadcast()
        host = FakeHost(broadcast, lambda: datetime.now(UTC))
        host.seed(who, f"a thread of {who}", [], datetime.now(UTC))
        app = FastAPI()
        WebSurface("w", broadcast, user_id=who).mount(app, host)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://page") as browser,
        ):
            assert f"a thread of {who}" in (await browser.get("/?user=eve")).text


def test_a_process_without_a_page_never_loads_the_toolkit() -> None:
    code = "import integrations.surfaces.web, sys; sys.exit('nicegui' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("/help", "help"),
        (" /why 0190-ab ", "why 0190-ab"),
        ("/forget-me", "forget-me"),
        ("/etc/hosts", None),
        ("/", None),
        ("/ help", None),
        ("a /help", None),
        ("/42", None),
    ],
)
def test_what_counts_as_a_command(text: str, line: str | None) -> None:
    assert command_of(text) == line


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "now"), (59, "now"), (60, "1 min"), (7199, "1 h"), (86_400, "1 d"), (700_000, "26 Apr")],
)
def test_how_long_ago(seconds: int, words: str) -> None:
    now = datetime(2026, 5, 4, 12, tzinfo=UTC)
    assert ago(now - timedelta(seconds=seconds), now) == words


def test_citations_become_buttons_only_where_a_source_is_known() -> None:
    html = Markdown().answer("a [1] b [2, 1] c [9] `[1]` [1](https://x.invalid)", {1, 2})
    assert html.count("<button") == 3
    assert "[9]" in html
    assert "<code>[1]</code>" in html
    assert 'href="https://x.invalid"' in html


@settings(deadline=None)
@given(st.text(alphabet="<>\"'&`[]()!{}:/\\ \njavscript=onerimg0123#*|-~_", max_size=200))
def test_no_text_becomes_active_markup(text: str) -> None:
    markdown = Markdown()
    for html in (markdown.answer(text, {1, 2}), markdown.speech(text)):
        lowered = html.lower()
        for tag in ("<script", "<img", "<iframe", "<svg", "<object", "<style", "<form"):
            assert tag not in lowered
        assert 'href="javascript' not in lowered
        assert 'href="data' not in lowered


def test_a_fence_cannot_smuggle_markup_through_its_language() -> None:
    html = Markdown().answer('```x"><img/src=x>\n<b>\n```')
    assert "<img" not in html
    assert "<b>" not in html


def test_a_mark_before_a_colon_is_still_a_citation() -> None:
    html = Markdown().answer("`handler.py` [1]:", {1})
    assert 'data-mark="1"' in html
    assert html.endswith("</button>:</p>\n")
