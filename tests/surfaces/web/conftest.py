"""One server process and one browser for all tests of the page."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, Page, Request, async_playwright, expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

ROOT = Path(__file__).parents[3]
PATIENCE_MS = 20_000
"""For what does come, but late on a busy machine; longer than the page waits for the host."""

SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[str]:
    """Address of a process that serves the page; its own warnings are errors too."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        "-m",
        "tests.surfaces.web.serve",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env=environment,
    )
    assert process.stdout is not None
    port = (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip()
    if not port:
        _, complaint = await process.communicate()
        pytest.fail(f"the page's server did not start: {complaint.decode()[-2000:]}")
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    _, complaint = await asyncio.wait_for(process.communicate(), 20)
    assert b"Traceback" not in complaint, complaint.decode()[-4000:]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed: no program chromium on the PATH")
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=[*SWITCHES])
        yield browser
        await browser.close()


@pytest.fixture
async def fake(server: str) -> AsyncIterator[httpx.AsyncClient]:
    """The doors of the host in memory."""
    async with httpx.AsyncClient(base_url=server, trust_env=False) as client:
        yield client


@pytest.fixture
def user() -> str:
    """Somebody no other test knows."""
    return f"u{uuid4().hex[:12]}"


@pytest.fixture
async def accepted(
    fake: httpx.AsyncClient, user: str
) -> Callable[[str], Awaitable[list[dict[str, Any]]]]:
    """Events of one kind that the host took from this test's person."""

    async def of(kind: str) -> list[dict[str, Any]]:
        events = (await fake.get("/_fake")).json()["accepted"]
        return [e for e in events if e["user_id"] == user and e["kind"] == kind]

    return of


@pytest.fixture
async def open_page(
    browser: Browser, server: str, user: str
) -> AsyncIterator[Callable[..., Awaitable[Page]]]:
    """Opens the page as this test's person; fails on errors and on foreign requests."""
    contexts = []
    foreign: list[str] = []
    errors: list[str] = []

    def note(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.hostname != "127.0.0.1":
            foreign.append(request.url)

    async def open_(*, as_user: str = user, **options: Any) -> Page:
        context = await browser.new_context(**{"reduced_motion": "reduce"} | options)
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(f"{server}/?user={as_user}")
        await expect(page.get_by_label("Message", exact=True)).to_be_visible()
        return page

    yield open_
    for context in contexts:
        await context.close()
    assert foreign == []
    assert errors == []
