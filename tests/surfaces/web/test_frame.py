"""Threads, knowledge, reconnecting, small screens, and what the page refuses to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.surfaces.web.steps import address_of_thread, ask

if TYPE_CHECKING:
    import httpx

    from tests.surfaces.web.steps import OpenPage

pytestmark = pytest.mark.browser


async def test_threads_are_listed_kept_apart_and_opened_again(open_page: OpenPage) -> None:
    page = await open_page()
    await ask(page, "The first thread")
    first = await address_of_thread(page)
    await page.get_by_role("button", name="New thread").click()
    await expect(page.locator("article")).to_have_count(0)
    await ask(page, "The second thread")
    threads = page.get_by_role("navigation", name="Threads").get_by_role("button")
    await expect(threads).to_have_count(2)
    await expect(threads.first).to_contain_text("The second thread")
    await threads.nth(1).click()
    await expect(page.locator(".m-said")).to_have_text(["The first thread"])
    await expect(page.locator(".m-title")).to_have_text("The first thread")
    # A reload goes where the address says, and the address is set last.
    await expect(page).to_have_url(first)
    await page.reload()
    await expect(page.locator(".m-said")).to_have_text(["The first thread"])


async def test_one_person_cannot_open_the_thread_of_another(open_page: OpenPage) -> None:
    page = await open_page()
    await ask(page, "A secret of mine")
    conversation = (await address_of_thread(page)).rpartition("c=")[2]
    stranger = await open_page(as_user=f"stranger&c={conversation}")
    await expect(stranger.get_by_text("Point me at a folder")).to_be_visible()
    await expect(stranger.get_by_text("A secret of mine")).to_have_count(0)


async def test_knowledge_is_added_with_progress_and_failures_in_words(
    open_page: OpenPage,
) -> None:
    page = await open_page()
    await page.get_by_role("button", name="Add knowledge").first.click()
    path = page.get_by_label("Path or URL")
    await path.fill("~/projects/docs")
    await path.press("Enter")
    progress = page.get_by_role("log", name="Progress")
    await expect(progress).to_contain_text("Found 3 files in ~/projects/docs")
    await expect(progress).to_contain_text("Done: 3 files, 31 passages")
    await path.fill("/missing")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(progress).to_contain_text("/missing does not exist: check the spelling")
    await expect(path).to_have_value("/missing")


async def test_a_long_conversation_shows_its_end_first(open_page: OpenPage) -> None:
    page = await open_page(as_user="reader")
    await page.get_by_role("button", name=re.compile("A long conversation")).click()
    messages = page.locator(".m-messages > article")
    await expect(messages).to_have_count(50)
    await expect(messages.last).to_be_in_viewport()
    await page.get_by_role("button", name="Show earlier messages").click()
    await expect(messages).to_have_count(100)
    await expect(page.get_by_text("Question number 200", exact=True)).to_have_count(1)


async def test_after_a_lost_connection_the_transcript_is_read_again(
    open_page: OpenPage, fake: httpx.AsyncClient
) -> None:
    page = await open_page()
    answer = await ask(page, "Anything")
    twin = await page.context.new_page()
    await twin.goto(await address_of_thread(page))
    await expect(twin.locator("article.m-answer")).to_be_visible()
    await fake.post("/_fake/events/lost")
    try:
        await twin.get_by_role("button", name=re.compile("^Helpful")).click()
        await expect(twin.get_by_role("button", name="Helpful, 1")).to_be_visible()
    finally:
        await fake.post("/_fake/events/heard")
    await expect(answer.get_by_role("button", name="Helpful", exact=True)).to_be_visible()
    # The connection comes back by itself within a second, so only its effect is waited for:
    # the event is lost, and nothing but reading the transcript again shows the reaction.
    await page.evaluate("window.socket.io.engine.close()")
    await expect(answer.get_by_role("button", name="Helpful, 1")).to_be_visible()
    await twin.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_phone_needs_no_sideways_scrolling(open_page: OpenPage, scheme: str) -> None:
    page = await open_page(
        viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True, color_scheme=scheme
    )
    answer = await ask(page, "Where do we handle retries?")
    wide = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) > innerWidth"
    assert not await page.evaluate(wide)
    column = page.locator(".m-scroll")
    assert await column.evaluate("box => box.scrollWidth <= box.clientWidth")
    await answer.get_by_role("button", name="Source 1").first.click()
    panel = page.get_by_role("complementary", name="What I learned")
    await expect(panel).to_be_in_viewport(ratio=1)
    box = await panel.bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 360)
    assert box["y"] + box["height"] == 740
    await panel.get_by_role("button", name="Close panel").click()
    await page.get_by_role("button", name="Show or hide threads").click()
    await expect(page.get_by_role("button", name="New thread")).to_be_in_viewport()
    assert not await page.evaluate(wide)
    is_dark = await page.evaluate("document.body.classList.contains('body--dark')")
    assert is_dark == (scheme == "dark")


async def test_every_control_has_a_name(open_page: OpenPage) -> None:
    page = await open_page(color_scheme="dark")
    await ask(page, "Anything")
    nameless = await page.evaluate(
        """() => [...document.querySelectorAll("button, textarea, input")]
            .filter(e => !(e.getAttribute("aria-label") || e.innerText.trim() || e.labels?.length))
            .map(e => e.outerHTML)"""
    )
    assert nameless == []


async def test_the_page_forbids_foreign_requests_and_leaves_other_routes_alone(
    fake: httpx.AsyncClient,
) -> None:
    page = await fake.get("/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    health = await fake.get("/healthz")
    assert health.json() == {"ok": True}
    assert "content-security-policy" not in health.headers
