"""Reacting, correcting, asking why, forgetting, and commands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.surfaces.web import scripts
from tests.surfaces.web.steps import ask, say

if TYPE_CHECKING:
    from tests.surfaces.web.steps import AcceptedOf, OpenPage

pytestmark = pytest.mark.browser


async def test_a_reaction_counts_is_acknowledged_and_can_be_taken_back(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    answer = await ask(page, "Anything")
    helpful = answer.get_by_role("button", name=re.compile("^Helpful"))
    await expect(helpful).to_have_attribute("aria-pressed", "false")
    await helpful.click()
    await expect(helpful).to_have_attribute("aria-pressed", "true")
    await expect(helpful).to_have_text("👍 1")
    await expect(answer.get_by_role("status")).to_have_text(f"Noted: {scripts.LESSONS['👍']}")
    await helpful.click()
    await expect(helpful).to_have_attribute("aria-pressed", "false")
    await expect(helpful).to_have_text("👍")
    events = await accepted("reaction")
    assert [(event["emoji"], event["removed"]) for event in events] == [("👍", False), ("👍", True)]


async def test_more_reactions_are_in_a_menu(open_page: OpenPage, accepted: AcceptedOf) -> None:
    page = await open_page()
    answer = await ask(page, "Anything")
    await answer.get_by_role("button", name="More reactions").click()
    await page.get_by_label("Solved it").click()
    await expect(answer.get_by_role("button", name="Solved it, 1")).to_be_visible()
    await expect(page.locator(".m-picker")).to_have_count(0)
    assert [event["emoji"] for event in await accepted("reaction")] == ["🎉"]


async def test_a_correction_starts_from_the_answer_and_survives_a_refusal(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    answer = await ask(page, "Anything")
    await answer.get_by_role("button", name="Correct").click()
    text = page.get_by_label("The right answer")
    await expect(text).to_have_value(scripts.ANSWER)
    await text.fill("   ")
    await page.get_by_role("button", name="Save correction").click()
    await expect(page.get_by_role("alert")).to_have_text("The message is empty: write a question.")
    await text.fill("Retries are **forbidden**.")
    await page.get_by_role("button", name="Save correction").click()
    await expect(page.locator(".m-correction")).to_contain_text("Retries are forbidden.")
    await expect(answer.get_by_role("status")).to_contain_text("Your correction is preferred")
    events = await accepted("correction")
    assert [event["text"] for event in events] == ["Retries are **forbidden**."]


async def test_why_and_forget(open_page: OpenPage) -> None:
    page = await open_page()
    answer = await ask(page, "Anything")
    await answer.get_by_role("button", name="Why").click()
    await expect(page.locator(".m-card")).to_contain_text("right in 9 of the last 11")
    await answer.get_by_role("button", name="Forget").click()
    await page.get_by_role("button", name="Keep it").click()
    await expect(answer).to_be_visible()
    await answer.get_by_role("button", name="Forget").click()
    await page.get_by_role("button", name="Forget it").click()
    await expect(page.locator("article.m-answer")).to_have_count(0)
    await expect(page.locator(".m-card").last).to_contain_text("Forgotten")


async def test_slash_commands_complete_and_answer_only_this_page(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    await page.keyboard.press("/")
    options = page.get_by_role("option")
    await expect(options).to_have_count(len(scripts.COMMANDS))
    await page.keyboard.type("le")
    await expect(options).to_have_count(1)
    await page.keyboard.press("Tab")
    message = page.get_by_label("Message", exact=True)
    await expect(message).to_have_value("/learnings ")
    await message.press("Enter")
    card = page.locator(".m-card")
    await expect(card).to_contain_text("You prefer short answers")
    await expect(card.locator("table")).to_be_visible()
    await expect(message).to_have_value("")
    await say(page, "/nonsense")
    await expect(page.locator(".m-card.m-trouble")).to_contain_text("no command nonsense")
    await card.first.get_by_role("button", name="Dismiss").click()
    await expect(card).to_have_count(1)
    assert await accepted("message") == []


async def test_arrow_keys_walk_the_menu_and_escape_closes_it(open_page: OpenPage) -> None:
    page = await open_page()
    message = page.get_by_label("Message", exact=True)
    await message.fill("/")
    await message.press("ArrowDown")
    await message.press("ArrowDown")
    await expect(page.get_by_role("option", selected=True)).to_contain_text("/why")
    await message.press("ArrowUp")
    await message.press("Enter")
    await expect(message).to_have_value("/learnings ")
    await message.fill("/w")
    await message.press("Escape")
    await expect(page.get_by_role("option")).to_have_count(0)
