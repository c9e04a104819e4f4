"""Asking: what may be typed, how an answer arrives, what is shown when it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from integrations.contracts.incoming import MAX_TEXT
from tests.surfaces.web.steps import address_of_thread, ask, say

if TYPE_CHECKING:
    import httpx

    from tests.surfaces.web.steps import AcceptedOf, OpenPage

pytestmark = pytest.mark.browser


async def test_a_newcomer_is_told_what_to_do_and_can_click_an_example(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    for step in ("Point me at a folder", "Ask a question", "React or correct"):
        await expect(page.get_by_text(step)).to_be_visible()
    await page.get_by_role("button", name="Solve x^2 - 5x + 6 = 0").click()
    await expect(page.locator("article.m-answer")).to_contain_text("x = 2")
    await expect(page.get_by_text("Point me at a folder")).to_be_hidden()
    await expect(page.locator(".m-outcome")).to_have_text("second choice")
    assert [event["text"] for event in await accepted("message")] == ["Solve x^2 - 5x + 6 = 0"]


async def test_an_answer_comes_with_sources_that_open_their_quote(open_page: OpenPage) -> None:
    page = await open_page()
    answer = await ask(page, "Where do we handle retries?")
    await expect(answer.locator("table")).to_contain_text("Retry-After")
    await expect(answer.locator(".m-code .k").first).to_have_text("class")
    await expect(answer.locator(".m-byline")).to_contain_text("lead · ollama:deepseek-coder")
    await answer.get_by_role("button", name="Source 2").click()
    panel = page.get_by_role("complementary", name="What I learned")
    await expect(panel.locator(".m-chosen")).to_contain_text("retry/policy.py:31-44")
    await expect(panel.locator(".m-chosen")).to_contain_text("self.base * 2**attempt")
    await expect(panel.locator(".m-source")).to_have_count(3)
    await panel.get_by_role("button", name="Close panel").click()
    await expect(panel).to_be_hidden()


async def test_a_path_is_a_message_and_not_a_command(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    await ask(page, "/etc/hosts has what in it?")
    assert [event["text"] for event in await accepted("message")] == ["/etc/hosts has what in it?"]


async def test_shift_enter_starts_a_line_and_enter_sends(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    message = page.get_by_label("Message", exact=True)
    await message.press_sequentially("one")
    await message.press("Shift+Enter")
    await message.press_sequentially("two")
    await message.press("Enter")
    await expect(page.locator("article.m-answer:not(.m-live)")).to_be_visible()
    assert [event["text"] for event in await accepted("message")] == ["one\ntwo"]


async def test_hostile_text_is_shown_and_never_run(open_page: OpenPage) -> None:
    page = await open_page()
    answer = await ask(page, "<img src=x onerror='window.pwned = 0'> {{ 7 * 7 }}")
    await expect(page.locator(".m-said")).to_contain_text("<img src=x onerror=")
    await expect(page.locator(".m-said")).to_contain_text("{{ 7 * 7 }}")
    await expect(answer).to_contain_text("<script>window.pwned = 1</script>")
    messages = page.locator(".m-messages")
    assert await messages.locator("img, script, iframe").count() == 0
    assert await messages.locator(".m-prose svg").count() == 0
    links = await messages.locator("a").evaluate_all(
        "links => links.map(a => [a.getAttribute('href'), a.target, a.rel])"
    )
    assert [href for href, _, _ in links] == [
        "https://tracker.invalid/p.png",
        "https://example.invalid/page",
    ]
    assert all(target == "_blank" and "noopener" in rel for _, target, rel in links)
    await answer.get_by_role("button", name="Correct").click()
    assert await page.evaluate("window.pwned") is None


async def test_a_message_that_is_too_long_keeps_its_text(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    text = "a" * (MAX_TEXT + 1)
    await say(page, text)
    await expect(page.locator(".m-composer-note")).to_contain_text(
        "40,001 characters and at most 40,000 fit"
    )
    message = page.get_by_label("Message", exact=True)
    await expect(message).to_have_value(text)
    await message.fill("short")
    await message.press("Enter")
    await expect(page.locator("article.m-answer:not(.m-live)")).to_be_visible()
    assert [event["text"] for event in await accepted("message")] == ["short"]


async def test_text_that_only_the_server_refuses_is_kept_too(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    await say(page, "\u200b\u2060")
    await expect(page.locator(".m-composer-note")).to_have_text(
        "The message is empty: write a question."
    )
    await expect(page.get_by_label("Message", exact=True)).to_have_value("\u200b\u2060")
    assert await accepted("message") == []


async def test_sending_twice_is_one_message(open_page: OpenPage, accepted: AcceptedOf) -> None:
    page = await open_page()
    message = page.get_by_label("Message", exact=True)
    await message.fill("Only once")
    await message.evaluate(
        """input => {
            for (let i = 0; i < 3; i++)
                input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
        }"""
    )
    await expect(page.locator("article.m-answer:not(.m-live)")).to_be_visible()
    assert len(await accepted("message")) == 1
    await expect(page.locator(".m-said")).to_have_count(1)


async def test_a_message_that_was_never_confirmed_can_be_sent_again(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    await ask(page, "Did this arrive?")
    (event,) = await accepted("message")
    unconfirmed = {"text": event["text"], "id": event["event_id"], "sent": event["text"]}
    await page.evaluate(
        "draft => sessionStorage.setItem('mynah-draft:new', JSON.stringify(draft))", unconfirmed
    )
    await page.get_by_role("button", name="New thread").click()
    message = page.get_by_label("Message", exact=True)
    await expect(message).to_have_value("Did this arrive?")
    await message.press("Enter")
    await expect(page.locator(".m-said")).to_have_text(["Did this arrive?"])
    await expect(message).to_have_value("")
    assert len(await accepted("message")) == 1


async def test_a_draft_outlives_a_reload(open_page: OpenPage) -> None:
    page = await open_page()
    message = page.get_by_label("Message", exact=True)
    await message.fill("Not finished yet")
    await page.reload()
    await expect(message).to_have_value("Not finished yet")


async def test_what_is_typed_while_a_thread_begins_is_its_draft_and_nothing_is_left_behind(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    message = page.get_by_label("Message", exact=True)
    await message.fill("The first message")
    await message.evaluate(
        """input => {
            input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
            input.value = "And typed on";
            input.dispatchEvent(new Event("input", { bubbles: true }));
        }"""
    )
    await expect(page.locator("article.m-answer:not(.m-live)")).to_be_visible()
    await address_of_thread(page)
    await expect(page.locator(".m-composer-box .m-send")).to_be_enabled()
    await expect(message).to_have_value("And typed on")
    await page.get_by_role("button", name="New thread").click()
    await expect(page.locator("article")).to_have_count(0)
    await expect(message).to_have_value("")
    threads = page.get_by_role("navigation", name="Threads").get_by_role("button")
    await threads.filter(has_text="The first message").click()
    await expect(message).to_have_value("And typed on")
    assert [event["text"] for event in await accepted("message")] == ["The first message"]


async def test_while_the_surface_stops_text_is_kept(
    open_page: OpenPage, accepted: AcceptedOf, fake: httpx.AsyncClient
) -> None:
    page = await open_page()
    await fake.post("/_fake/stop")
    try:
        await say(page, "Too late")
        await expect(page.locator(".m-composer-note")).to_contain_text("shutting down")
        await expect(page.get_by_label("Message", exact=True)).to_have_value("Too late")
    finally:
        await fake.post("/_fake/start")
    assert await accepted("message") == []


async def test_a_running_answer_can_be_watched_and_stopped(
    open_page: OpenPage, accepted: AcceptedOf
) -> None:
    page = await open_page()
    await say(page, "slow please")
    live = page.locator("article.m-live")
    await expect(live).to_contain_text("Working through the first part")
    await live.get_by_role("button", name="Stop").click()
    answer = page.locator("article.m-answer:not(.m-live)")
    await expect(answer.locator(".m-outcome")).to_have_text("stopped")
    await expect(live).to_have_count(0)
    assert len(await accepted("stop")) == 1


async def test_a_second_window_and_a_reload_see_the_running_answer(open_page: OpenPage) -> None:
    page = await open_page()
    await say(page, "slow please")
    await expect(page.locator("article.m-live")).to_contain_text("Working through")
    address = await address_of_thread(page)
    await page.reload()
    live = page.locator("article.m-live")
    await expect(live.get_by_role("button", name="Stop")).to_be_visible()
    other = await page.context.new_page()
    await other.goto(address)
    await other.locator("article.m-live").get_by_role("button", name="Stop").click()
    for window in (page, other):
        await expect(window.locator(".m-outcome")).to_have_text("stopped")
    await other.close()


async def test_a_failure_says_why_and_can_be_tried_again(
    open_page: OpenPage, accepted: AcceptedOf, user: str
) -> None:
    page = await open_page()
    question = f"fail for {user}"
    answer = await ask(page, question)
    await expect(answer).to_contain_text("does not respond. Start it, or map the role")
    await expect(answer.locator(".m-outcome")).to_have_text("failed")
    await answer.get_by_role("button", name="Try again").click()
    await expect(page.locator("article.m-answer:not(.m-live)").nth(1)).to_contain_text(
        "Retries live in one place"
    )
    await expect(page.locator(".m-said")).to_have_text([question])
    await expect(page.locator(".m-again")).to_contain_text("Asked again")
    first, second = await accepted("message")
    assert first["again"] is None
    assert second["again"] == await answer.get_attribute("data-interaction")
    assert (second["text"], second["role"]) == (question, None)
