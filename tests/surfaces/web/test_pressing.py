"""Buttons below an answer on the page: pressed, worded, and what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.surfaces.web.steps import ask, say

if TYPE_CHECKING:
    import httpx

    from tests.surfaces.web.steps import OpenPage

pytestmark = pytest.mark.browser


async def _lines(fake: httpx.AsyncClient, user: str) -> list[str]:
    return [line for who, line in (await fake.get("/_fake")).json()["commands"] if who == user]


async def test_a_button_gives_its_command_once_and_what_it_says_stands_below(
    open_page: OpenPage, fake: httpx.AsyncClient, user: str
) -> None:
    page = await open_page()
    answer = await ask(page, "open an issue")
    group = answer.get_by_role("group", name="What you can do")
    await expect(group.get_by_role("button")).to_have_text(["Do it", "Change", "No"])
    for name in ("Correct", "Regenerate", "Ask another expert"):
        await expect(answer.get_by_role("button", name=name, exact=True)).to_have_count(0)
    await expect(answer.get_by_role("button", name="Helpful", exact=True)).to_be_visible()
    await group.get_by_role("button", name="No").click()
    await expect(answer.get_by_role("alert")).to_have_text("You may not reject that.")
    await expect(group.get_by_role("button")).to_have_count(3)
    await group.get_by_role("button", name="Do it").evaluate("b => { b.click(); b.click(); }")
    said = answer.get_by_role("status").filter(has_text="Opened #12.")
    await expect(said).to_be_visible()
    await expect(said.get_by_role("img", name="A dot")).to_be_visible()
    assert await said.locator("img").evaluate("i => i.naturalWidth") == 1
    await expect(answer.get_by_role("button", name="Do it")).to_have_count(0)
    await said.get_by_role("button", name="Undo").press("Enter")
    await expect(said.get_by_role("alert")).to_have_text("You may not undo that.")
    assert await _lines(fake, user) == [
        "action reject 3f2a",
        "action accept 3f2a",
        "action undo 3f2a",
    ]
    await said.get_by_role("button", name="Dismiss").first.click()
    await expect(said).to_have_count(0)


async def test_a_button_that_asks_is_filled_and_sends_what_was_written(
    open_page: OpenPage, fake: httpx.AsyncClient, user: str
) -> None:
    page = await open_page()
    answer = await ask(page, "open an issue")
    change = answer.get_by_role("button", name="Change")
    await expect(change).to_have_attribute("aria-haspopup", "dialog")
    await change.press("Enter")
    field = page.get_by_label("What it is given")
    await expect(field).to_have_value("title: <b>\nn: 2")
    await field.fill("  ")
    send = page.get_by_role("dialog").get_by_role("button", name="Send")
    await send.click()
    await expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("empty")
    await field.fill("title: C\nn: 3")
    await send.click()
    await expect(answer.get_by_role("status").locator("code")).to_have_text("3f2a title: C | n: 3")
    assert await _lines(fake, user) == ["action change 3f2a title: C\nn: 3"]
    await expect(change).to_be_focused()


async def test_progress_shows_the_week_as_a_picture(open_page: OpenPage) -> None:
    page = await open_page()
    await say(page, "/progress")
    week = page.get_by_role("img", name="Heat map")
    await expect(week).to_be_visible()
    assert await week.evaluate("i => i.naturalWidth") > 1_000
