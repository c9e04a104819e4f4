from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from integrations.contracts.delivery import Citation, Outcome
from integrations.surfaces.slack.speaking.rendering import Post, error, working
from learning.interpretation.contract import ASKING, Reading, numbered
from tests.surfaces.slack.blocks import (
    INTERACTION,
    TARGET,
    answer_blocks,
    buttons,
    check,
    footnote,
    posts,
    seen,
    walk,
)

READINGS = (
    Reading("h1", "build a REST API with FastAPI", 0.5),
    Reading("h2", "build a REST API with Flask", 0.4),
    Reading("h3", "<!channel> draw a picture of a REST API", 0.1),
)


def blocks_of(text: str) -> list[Any]:
    (post,) = posts(text)
    return answer_blocks(post)


# What it looks like


def test_plain_prose_is_left_to_slacks_own_markdown() -> None:
    text = "## Why\n\nIt **waits** for [the lock](https://a.example/b) [1].\n\n- one\n- two"
    assert blocks_of(text) == [{"type": "markdown", "text": text}]


def test_what_readers_of_markdown_disagree_on_is_sent_as_rich_text() -> None:
    (block,) = blocks_of("2 * 3 < 7 & `a < b` and **x**y")
    assert block["type"] == "rich_text"
    runs = block["elements"][0]["elements"]
    assert [run["text"] for run in runs] == ["2 * 3 < 7 & ", "a < b", " and ", "x", "y"]
    assert [run.get("style") for run in runs] == [None, {"code": True}, None, {"bold": True}, None]


@pytest.mark.parametrize("text", ["1\\. no list", "\\# no heading", "in **x**y", "\\- no item"])
def test_a_mark_that_is_none_or_within_a_word_is_not_sent_as_markdown(text: str) -> None:
    (block,) = blocks_of(text)
    assert block["type"] == "rich_text"


def test_two_lists_in_a_row_do_not_become_one() -> None:
    first, second = blocks_of("1. a\n2. b\n\n1) c")
    assert first == {"type": "markdown", "text": "1. a\n2. b"}
    assert "offset" not in second["elements"][0]


def test_code_keeps_its_language_where_markdown_carries_it_unharmed() -> None:
    assert blocks_of("```python\nx = y - 1\n```") == [
        {"type": "markdown", "text": "```python\nx = y - 1\n```"}
    ]


def test_code_that_slack_could_misread_is_preformatted_rich_text() -> None:
    (block,) = blocks_of("```cpp\nstd::vector<int> a && b;\n```")
    (element,) = block["elements"]
    assert element["type"] == "rich_text_preformatted"
    assert element["elements"] == [{"type": "text", "text": "std::vector<int> a && b;"}]


def test_nested_lists_keep_their_indent_and_numbers() -> None:
    (block,) = blocks_of("3. a <\n   - b\n     - c\n4. d")
    lists = block["elements"]
    shape = [(each["style"], each["indent"], each.get("offset", 0)) for each in lists]
    assert shape == [("ordered", 0, 2), ("bullet", 1, 0), ("bullet", 2, 0), ("ordered", 0, 3)]


def test_code_within_a_list_stands_between_its_items() -> None:
    (block,) = blocks_of("1. a\n\n   ```\n   x\n   ```\n2. b")
    kinds = [each["type"] for each in block["elements"]]
    assert kinds == ["rich_text_list", "rich_text_preformatted", "rich_text_list"]
    assert block["elements"][2]["offset"] == 1


def test_a_quote_that_holds_a_list_shows_both_as_quoted() -> None:
    (block,) = blocks_of("> said\n>\n> - a\n>\n> > deeper")
    quote, items, deeper = block["elements"]
    assert quote["type"] == deeper["type"] == "rich_text_quote"
    assert items["border"] == 1


def test_a_table_is_slacks_own_with_its_alignment() -> None:
    (block,) = blocks_of("| a | b |\n|---|--:|\n| `x` | |")
    assert block["type"] == "table"
    assert [column["align"] for column in block["column_settings"]] == ["left", "right"]
    head, row = block["rows"]
    assert head == [{"type": "raw_text", "text": "a"}, {"type": "raw_text", "text": "b"}]
    assert row[0]["type"] == "rich_text"
    assert row[1] == {"type": "raw_text", "text": " "}


def test_a_table_with_more_columns_than_slack_takes_is_aligned_text() -> None:
    text = "|" + "c|" * 21 + "\n|" + "-|" * 21 + "\n|" + "value|" * 21
    (block,) = blocks_of(text)
    (element,) = block["elements"]
    assert element["type"] == "rich_text_preformatted"
    head, line, row = element["elements"][0]["text"].split("\n")
    assert head.index("c", 1) == row.index("v", 1) == line.index("─", 7)


def test_a_second_table_goes_into_a_message_of_its_own() -> None:
    table = "| a |\n|---|\n| {} |\n\n"
    first, second = posts(table.format("one") + "between\n\n" + table.format("two"))
    assert "one" in seen(first)
    assert "between" in seen(first)
    assert "two" in seen(second)


def test_a_row_that_is_longer_than_its_header_loses_no_cell() -> None:
    (post,) = posts("| a |\n|---|\n| kept | also kept |")
    assert "also kept" in seen(post)


def test_an_image_becomes_a_link() -> None:
    assert blocks_of("![plan](https://a.example/p.png)") == [
        {"type": "markdown", "text": "[plan](https://a.example/p.png)"}
    ]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc", "slack://x", "https://[x"])
def test_only_addresses_of_the_web_and_of_mail_become_links(url: str) -> None:
    (post,) = posts(f"[click]({url}) <{url}>")
    assert not any(each.get("type") == "link" for each in walk(post.blocks))
    assert not any(each.get("type") == "markdown" for each in post.blocks)
    assert url in seen(post)


@pytest.mark.parametrize(
    "mention",
    [
        "<!channel>",
        "<!here|x>",
        "<!everyone>",
        "<@U0123ABC>",
        "<!subteam^S012|@all>",
        "<#C1>",
        "@channel",
        "@here",
        "@Everyone",
        "&lt;!channel&gt;",
        "`<!channel>`",
    ],
)
def test_an_answer_pings_nobody(mention: str) -> None:
    (post,) = posts(f"Tell {mention} now.\n\n{mention}\n\n- {mention}\n\n> {mention}")
    assert all(block["type"] == "rich_text" for block in answer_blocks(post))
    bare = mention.strip("`").replace("&lt;", "<").replace("&gt;", ">")
    assert seen(post).count(bare) == 4
    assert not re.search(r"<[!@#]|@(channel|here|everyone)", post.text, re.IGNORECASE)


def test_a_source_list_at_the_end_is_not_taken_for_definitions() -> None:
    (post,) = posts("As said [1].\n\n[1]: https://a.example/paper\n[2]: https://b.example")
    assert "https://a.example/paper" in seen(post)
    assert "https://b.example" in seen(post)


# What stands below


def test_an_answer_can_be_judged_mended_and_had_anew() -> None:
    (post,) = posts("Use a queue.")
    assert list(buttons(post)) == ["mynah_correct", "mynah_why", "mynah_forget", "mynah_regenerate"]
    (feedback,) = (e for e in walk(post.blocks) if e.get("type") == "feedback_buttons")
    assert feedback["positive_button"]["value"] == f"good:{INTERACTION}"
    assert feedback["negative_button"]["value"] == f"bad:{INTERACTION}"
    values = {e["value"] for e in walk(post.blocks) if e.get("type") == "button"}
    assert values == {str(INTERACTION)}


def test_another_expert_can_be_asked_but_not_the_one_who_answered() -> None:
    (post,) = posts("Use a queue.")
    (menu,) = (e for e in walk(post.blocks) if e.get("type") == "overflow")
    assert [option["value"] for option in menu["options"]] == [
        f"{INTERACTION}:{name}" for name in ("router", "math", "senior", "architect")
    ]


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.TIMED_OUT, Outcome.OVER_BUDGET])
def test_a_failure_can_only_be_tried_again(outcome: Outcome) -> None:
    (post,) = posts("No model answered.", outcome)
    assert buttons(post) == {"mynah_regenerate": "Try again"}
    assert not any(block["type"] == "context_actions" for block in post.blocks)


def test_an_ambiguous_question_offers_its_readings_and_no_judging() -> None:
    (post,) = posts(numbered(READINGS), Outcome.ASKED, readings=READINGS)
    assert seen(post) == ASKING
    chosen = {key: text for key, text in buttons(post).items() if key.startswith("mynah_choose")}
    assert chosen["mynah_choose_h1"] == "Build a REST API with FastAPI"
    assert list(chosen) == ["mynah_choose_h1", "mynah_choose_h2", "mynah_choose_h3"]
    assert {e["value"] for e in walk(post.blocks) if e.get("action_id") in chosen} == {
        f"{INTERACTION}:{reading.id}" for reading in READINGS
    }
    assert not any(block["type"] == "context_actions" for block in post.blocks)
    assert {"mynah_correct", "mynah_regenerate"} & set(buttons(post)) == set()


def test_an_answer_to_one_reading_offers_the_others() -> None:
    (post,) = posts("Here it is.", readings=READINGS, read_as="h2")
    assert "Read as: build a REST API with Flask. Not what you meant?" in footnote(post)
    offered = [key for key in buttons(post) if key.startswith("mynah_choose")]
    assert offered == ["mynah_choose_h1", "mynah_choose_h3"]
    assert any(block["type"] == "context_actions" for block in post.blocks)


def test_without_an_interaction_there_is_nothing_to_press() -> None:
    target = dataclasses.replace(TARGET, interaction_id=None)
    (post,) = posts(numbered(READINGS), Outcome.ASKED, readings=READINGS, target=target)
    assert buttons(post) == {}
    assert "FastAPI" in seen(post)


def test_sources_are_named_as_many_as_fit() -> None:
    few = tuple(Citation(n, f"a/b.py:{n}-9", "quoted") for n in range(1, 4))
    (post,) = posts("Said [1].", citations=few)
    assert footnote(post).startswith("[1] a/b.py:1-9\n[2] a/b.py:2-9\n[3] a/b.py:3-9\n")
    many = tuple(Citation(n, "p" * 500, "") for n in range(1, 31))
    (post,) = posts("Said [1].", citations=many)
    assert "and 21 more" in footnote(post)


def test_names_from_outside_are_plain_text_below_an_answer() -> None:
    odd = (Citation(1, "<!channel>\n*x* \ud800", ""),)
    (post,) = posts("Said.", citations=odd)
    assert "[1] <!channel> *x*" in footnote(post)


def test_an_empty_answer_says_so() -> None:
    for text in ("", " \n ", "\u0000"):
        (post,) = posts(text)
        assert seen(post) == "There is nothing to show."


@pytest.mark.parametrize("small", [working, error])
@pytest.mark.parametrize("text", ["", "Looking <!channel> through & 3 sources", "x" * 50_000])
def test_small_messages_keep_to_the_limits(small: type[Post], text: str) -> None:
    post = small(text)  # type: ignore[arg-type, call-arg]
    check(post)
    assert "<" not in post.text


def test_the_text_for_notifications_is_the_first_words() -> None:
    (post,) = posts("# Title\n\nSome **bold** words & `code`.\n\n- item")
    assert post.text == "Title\nSome bold words &amp; code.\n• item"
