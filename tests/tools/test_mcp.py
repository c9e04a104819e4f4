"""MCP servers, good ones and bad ones, as programs and by HTTP."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from asyncio.subprocess import PIPE
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from integrations.contracts.tools import MOST_RESULT, ToolFailure
from tests.standins.mcp_server import ORDERS, SECRET, TOKEN
from tests.standins.npm import HOME, needs, node
from tests.tools.conftest import FAULTY, KEY, described, opened, use

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from integrations.tools.boxed import Boxed

EVERYTHING = "@modelcontextprotocol/server-everything"


async def failure_of(box: Boxed, tool: str, timeout_s: float = 20.0, **params: Any) -> ToolFailure:
    with pytest.raises(ToolFailure) as raised:
        await use(box, tool, timeout_s, **params)
    return raised.value


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@asynccontextmanager
async def listening(*command: str, **env: str) -> AsyncIterator[str]:
    """A server that tells its port when it is there."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=PIPE, stderr=PIPE, env={**os.environ, **env}
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(30):
            said = process.stderr if "PORT" in env else process.stdout
            line = (await said.readline()).decode().strip()
        assert line
        yield f"http://127.0.0.1:{env.get('PORT', line)}"
    finally:
        process.kill()
        await process.communicate()


async def test_a_server_from_pypi_is_used_as_a_program() -> None:
    async with opened("time", command=sys.executable, args=["-m", "mcp_server_time"]) as box:
        tools = {tool.name: tool for tool in await box.tools("w1")}
        told = await use(box, "get_current_time", timezone="Europe/Berlin")
        wrong = await failure_of(box, "get_current_time", timezone="Nowhere/Land")
    assert tools["time.get_current_time"].effect == "reads"
    assert told.data["timezone"] == "Europe/Berlin"
    assert wrong.kind == "invalid"
    assert "Nowhere/Land" in wrong.said


async def test_what_a_server_says_of_its_tools_is_taken_with_care(faulty: Boxed) -> None:
    tools = {tool.name: tool for tool in await faulty.tools("w1")}
    assert tools["faulty.page"].effect == "reads"
    assert tools["faulty.note"].effect == "writes", "who says nothing writes"
    async with opened(**described(only=["note"], effects={"note": "own"})) as box:
        assert [(x.name, x.effect) for x in await box.tools("w1")] == [("faulty.note", "own")]
        assert (await failure_of(box, "page")).kind == "not_found"


async def test_what_comes_back_is_bounded_and_readable(faulty: Boxed) -> None:
    long = await use(faulty, "flood", size=60_000)
    assert len(long.text) <= MOST_RESULT
    assert long.cut
    page = await use(faulty, "page")
    assert page.text == "Weather\nRain until\nnoon\n."
    assert "picture, image/png, 1,004 bytes" in (await use(faulty, "picture")).text


async def test_secrets_do_not_get_through_and_orders_are_only_text(faulty: Boxed) -> None:
    told = await use(faulty, "blab")
    assert KEY not in str(told)
    assert SECRET not in str(told)
    assert ORDERS in (await use(faulty, "orders")).text


async def test_fifty_megabytes_end_the_server_and_not_us(faulty: Boxed) -> None:
    failure = await failure_of(faulty, "flood", size=50_000_000)
    assert failure.kind == "too_large"
    assert (await use(faulty, "orders")).text == ORDERS


async def test_a_tool_that_hangs_is_abandoned_and_its_program_ended(faulty: Boxed) -> None:
    pid = int((await use(faulty, "pid")).text)
    failure = await failure_of(faulty, "hang", timeout_s=0.2)
    assert failure.kind == "timeout"
    assert "nobody can tell" in failure.message
    assert int((await use(faulty, "pid")).text) != pid
    async with asyncio.timeout(10):
        while running(pid):  # noqa: ASYNC110 - nothing tells us that it ended
            await asyncio.sleep(0.02)


async def test_a_server_that_dies_in_a_call_is_not_asked_to_do_it_again(faulty: Boxed) -> None:
    assert (await failure_of(faulty, "die")).kind == "timeout", "it may have been done"
    assert (await use(faulty, "orders")).text == ORDERS, "and the next call finds it there"


async def test_words_of_a_failure_become_its_kind(faulty: Boxed) -> None:
    failure = await failure_of(faulty, "fail", message="rate limit hit, retry after 30 seconds")
    assert (failure.kind, failure.retry_after_s) == ("rate_limited", 30.0)
    assert "rate limit hit" in failure.said


async def test_a_tool_that_became_another_one_is_not_used() -> None:
    async with opened(**described()) as box:
        await box.tools("w1")
        await use(box, "turn_coat")
        failure = await failure_of(box, "note", text="x")
        assert failure.kind == "not_allowed"
        assert (await failure_of(box, "orders")).kind == "not_found"
        assert {"faulty.extra"} <= {tool.name for tool in await box.tools("w1")}
        assert (await use(box, "note", text="x")).text


async def test_a_program_nobody_uses_is_ended_and_started_again_when_wanted() -> None:
    async with opened(**described(idle_s=0.05)) as box:
        first = int((await use(box, "pid")).text)
        async with asyncio.timeout(10):
            while running(first):  # noqa: ASYNC110 - nothing tells us that it ended
                await asyncio.sleep(0.02)
        assert int((await use(box, "pid")).text) != first


async def test_a_program_that_is_not_there_is_named() -> None:
    async with opened("gone", command="/nowhere/mcp-gone", args=["--token", "hidden"]) as box:
        with pytest.raises(ToolFailure, match=r"The program mcp-gone is not there\.") as raised:
            await box.tools("w1")
    assert raised.value.kind == "unavailable"


async def test_a_server_is_reached_by_http_with_its_token() -> None:
    async with listening(sys.executable, str(FAULTY), "http") as root:
        said: dict[str, Any] = {"url": f"{root}/mcp", "token": TOKEN, "most_bytes": 200_000}
        async with opened(**said) as box:
            assert (await use(box, "note", text="a")).text == "1 notes"
            assert (await failure_of(box, "flood", size=5_000_000)).kind == "too_large"
            assert (await failure_of(box, "hang", timeout_s=0.2)).kind == "timeout"
            assert (await use(box, "read_notes")).text, "and the next call finds it there"
        for path, kind, more in (
            ("/mcp", "denied", {}),
            ("/html", "broken", {}),
            ("/elsewhere", "broken", {}),
            ("/slow-down", "rate_limited", {"retry_after_s": 7.0}),
        ):
            async with opened(url=f"{root}{path}") as box:
                with pytest.raises(ToolFailure) as raised:
                    await box.tools("w1")
            assert raised.value.kind == kind, path
            assert all(getattr(raised.value, name) == value for name, value in more.items())


async def test_an_address_inside_the_network_is_not_asked() -> None:
    from integrations.knowledge.web import is_public  # noqa: PLC0415 - as Mynah itself joins them
    from integrations.tools.outside import open_source, source_of  # noqa: PLC0415 - as above

    box = open_source("inside", source_of("inside", {"url": "http://127.0.0.1:9/mcp"}), is_public)
    try:
        with pytest.raises(ToolFailure, match="private network") as raised:
            await box.tools("w1")
    finally:
        await box.close()
    assert raised.value.kind == "not_allowed"


@needs(EVERYTHING)
async def test_the_reference_server_is_used_by_http() -> None:
    script = HOME / "node_modules" / EVERYTHING / "dist" / "index.js"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    async with (
        listening(str(node()), str(script), "streamableHttp", PORT=port) as root,
        opened("everything", url=f"{root}/mcp") as box,
    ):
        assert (await use(box, "echo", message="hello")).text == "Echo: hello"
        assert "picture" in (await use(box, "get-tiny-image")).text
        assert (await failure_of(box, "echo")).kind == "invalid"
