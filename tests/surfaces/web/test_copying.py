"""Copying an answer: what is in the clipboard, and what the host hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.surfaces.web import scripts
from tests.surfaces.web.steps import ask, say

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

    from tests.surfaces.web.steps import AcceptedOf, OpenPage

pytestmark = pytest.mark.browser

CLIPBOARD = "() => navigator.clipboard.readText()"
SELECT = """(prose, length) => {
    const text = prose.querySelector("p").firstChild;
    getSelection().setBaseAndExtent(text, 0, text, length);
}"""
# The answer's first piece of text, which is shorter than forty characters, and the paragraph.
WHOLE = "prose => getSelection().selectAllChildren(prose.querySelector('p'))"


async def allowed(open_page: OpenPage) -> Page:
    return await open_page(permissions=["clipboard-read", "clipboard-write"])


async def heard(page: Page, accepted: AcceptedOf) -> list[tuple[str, str]]:
    """What came of all copies so far: a message sent after them is taken after them."""
    before = len(await accepted("message"))
    await say(page, "And then?")
    await expect(page.locator(".m-said")).to_have_count(before + 1)
    return [(event["interaction_id"], event["signal"]) for event in await accepted("signal")]


async def copy_with_keys(page: Page, answer: Locator, select: str, length: int = 0) -> None:
    await answer.locator(".m-prose").evaluate(select, length)
    await page.keyboard.press("Control+c")


async def test_an_answer_is_copied_as_it_was_written_and_heard_once(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await allowed(open_page)
    answer = await ask(page, "Where do we handle retries?")
    copy = answer.get_by_role("button", name="Copy answer")
    before = await answer.bounding_box()
    await copy.click()
    await expect(copy).to_contain_text("Copied")
    await expect(page.locator(".m-scroll-frame > [role=status]")).to_have_text("Copied")
    assert await answer.bounding_box() == before
    assert await page.evaluate(CLIPBOARD) == scripts.ANSWER
    await expect(copy).not_to_contain_text("Copied")
    await copy.click()
    await expect(copy).to_contain_text("Copied")
    await copy_with_keys(page, answer, WHOLE)
    interaction = await answer.get_attribute("data-interaction")
    assert await heard(page, accepted) == [(interaction, "copied")]


async def test_selected_text_counts_if_it_is_more_than_a_few_words(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await allowed(open_page)
    answer = await ask(page, "Where do we handle retries?")
    await copy_with_keys(page, answer, SELECT, 12)
    assert await page.evaluate(CLIPBOARD) == scripts.ANSWER[:12]
    assert await heard(page, accepted) == []
    await copy_with_keys(page, answer, WHOLE)
    interaction = await answer.get_attribute("data-interaction")
    assert await heard(page, accepted) == [(interaction, "copied")]


async def test_copied_code_counts_as_the_answer_it_is_in(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await allowed(open_page)
    answer = await ask(page, "Where do we handle retries?")
    await answer.get_by_role("button", name="Copy", exact=True).click()
    await expect(answer.locator(".m-copy")).to_have_text("Copied")
    assert (await page.evaluate(CLIPBOARD)).startswith("class RetryPolicy:")
    interaction = await answer.get_attribute("data-interaction")
    assert await heard(page, accepted) == [(interaction, "copied")]


async def test_copying_the_whole_conversation_says_nothing_about_its_answers(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await allowed(open_page)
    for question in ("One", "Two"):
        await ask(page, question)
    await page.locator(".m-messages").evaluate("all => getSelection().selectAllChildren(all)")
    await page.keyboard.press("Control+c")
    assert scripts.ANSWER[:12] in await page.evaluate(CLIPBOARD)
    assert await heard(page, accepted) == []


async def test_who_copies_a_message_about_a_failure_uses_no_answer(
    open_page: OpenPage, accepted: AcceptedOf, user: str
) -> None:
    page = await allowed(open_page)
    answer = await ask(page, f"fail for the clipboard of {user}")
    await copy_with_keys(page, answer, WHOLE)
    assert "does not respond" in await page.evaluate(CLIPBOARD)
    assert await heard(page, accepted) == []


async def test_without_leave_to_use_the_clipboard_the_answer_is_selected(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    answer = await ask(page, "Where do we handle retries?")
    await page.evaluate(
        "() => Object.defineProperty(navigator, 'clipboard', { value: undefined })"
    )  # as in a browser that got the page from another machine
    copy = answer.get_by_role("button", name="Copy answer")
    await copy.click()
    await expect(copy).to_contain_text("Press Ctrl+C")
    assert scripts.ANSWER[:12] in await page.evaluate("() => getSelection().toString()")
    assert await heard(page, accepted) == []
