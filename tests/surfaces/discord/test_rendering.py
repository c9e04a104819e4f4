"""What an answer looks like in Discord: Markdown, sources, and what can be done about it."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.contracts.delivery import Citation, Delivery, Outcome, Standing
from integrations.surfaces.discord.showing import ids
from integrations.surfaces.discord.showing.layout import Menu, Post, view
from integrations.surfaces.discord.showing.rendering import draft, render, said
from learning.interpretation.contract import ASKING, Reading, numbered
from tests.surfaces.discord.speaking import ANSWER, KEY, target

READINGS = (
    Reading("h1", "build a REST API with FastAPI", 0.5),
    Reading("h2", "build a REST API with Flask", 0.4),
)
SOURCES = (Citation(1, "retry/handler.py:12-40", "…"), Citation(2, "@everyone_s *wiki*", "…"))


def posts(text: str, outcome: Outcome = Outcome.ANSWERED, **more: Any) -> tuple[Post, ...]:
    return render(Delivery(KEY, target(), text, outcome=outcome, role="DeepSeek", **more))


def shown(text: str) -> str:
    (post,) = said(text)
    return post.text


def buttons(post: Post) -> list[str]:
    rows = [row for row in post.rows if isinstance(row, tuple)]
    return [each.label or each.emoji for row in rows for each in row]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It **waits** for [the lock](https://a.example/b) [1].", None),
        ("# One\n\n### Three\n\n#### Four", "# One\n### Three\n**Four**"),
        ("1. a\n   - b\n2. c", "1. a\n  - b\n2. c"),
        ("```python\nx = a[0] * 2  # @here <@1>\n```", None),
        ("> said\n>\n> - a", "> said\n> \n> - a"),
        ("2 \\* 3 \\*\\* and \\_x\\_, snake_case", "2 \\* 3 \\*\\* and \\_x\\_, snake_case"),
        ("1\\. no list\n\\# nor heading\n\\- nor item", None),
        ("\\-# no small print\n\n\\> no quote", None),
        ("||no spoiler|| and ~~gone~~", "\\|\\|no spoiler\\|\\| and ~~gone~~"),
        ("*in*side and **b***i*", "*in*side and **b**_i_"),
        ("**b** and ***both***", "**b** and **_both_**"),
        ("`` a`b ``", "``a`b``"),
        ("![a cat](https://a.example/cat.png)", "[a cat](<https://a.example/cat.png>)"),
        ("https://a.example/x_y_z", "<https://a.example/x_y_z>"),
        ("[https://bank.example](https://evil.example)", None),
        ("[me](mailto:a@b.example)", "me (a@b.example)"),
        ("[click](javascript:alert)", "\\[click](javascript:alert)"),
        ("a\n\n---\n\nb", "a\n\n────────────\n\nb"),
    ],
)
def test_markdown_is_written_as_discord_reads_it(text: str, expected: str | None) -> None:
    if "bank" in text:
        expected = "https://bank.example (<https://evil.example>)"
    elif expected is None:
        expected = text.replace("(https://a.example/b)", "(<https://a.example/b>)")
    assert shown(text) == expected


@pytest.mark.parametrize(
    "mention",
    ["@everyone", "@here", "<@1>", "<@&1>", "<#1>", "</ask:1>", "<:a:1>", "<t:1>", "<id:home>"],
)
def test_nothing_in_an_answer_mentions_anybody(mention: str) -> None:
    text = shown(f"so {mention} there, *{mention}*")
    assert mention not in text.replace("\\<", "")
    assert text.replace("\\", "").replace("\u2060", "") == f"so {mention} there, _{mention}_"
    assert shown(f"```\n{mention}\n```") == f"```\n{mention}\n```"


def test_ticks_within_code_do_not_end_it() -> None:
    text = shown("~~~~md\n```py\nx\n```\n~~~~")
    assert text.count("```") == 2
    assert text.replace("\u2060", "") == "```md\n```py\nx\n```\n```"


def test_a_narrow_table_is_aligned_and_a_wide_one_a_list() -> None:
    assert shown("| a | b |\n|---|--:|\n| `x` | 10 |") == "```\na   b\n─  ──\nx  10\n```"
    wide = shown(f"| name | what |\n|---|---|\n| **x** | {'word ' * 20}|\n| y | |")
    assert wide == f"- **name**: **x** · **what**: {('word ' * 20).strip()}\n- **name**: y"


def test_an_answer_with_sources_is_one_layout() -> None:
    (post,) = posts("Use a retry budget [1]. " + "word " * 500, citations=SOURCES)
    assert post.layout
    assert post.small[:2] == (
        "-# [1] retry/handler.py:12-40",
        "-# [2] @\u2060everyone_s \\*wiki\\*",
    )
    made: Any = view(post)
    kinds = [each["type"] for each in made.to_components()]
    assert kinds == [10, 14, 10, 1, 1]
    assert made.content_length() <= 4_000


def test_sources_of_an_answer_that_is_too_long_for_a_layout_stand_below_its_last_message() -> None:
    first, *_, last = posts("word " * 900, citations=SOURCES)
    assert not first.layout
    assert first.small == ()
    assert "-# [1] retry/handler.py:12-40" in last.small


def test_an_answer_says_who_wrote_it_and_what_became_of_it() -> None:
    (post,) = posts("So.", model="deepseek-coder")
    assert post.small == ("-# DeepSeek · deepseek-coder · #000000a1 · Mynah can be wrong",)
    delivery = Delivery(KEY, target(), "So.", role="DeepSeek")
    (again,) = render(delivery, Standing(up=2), messages=1)
    assert again.small[0].endswith("Mynah can be wrong · 👍 2 · noted")
    assert again.names == post.names


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.ANSWERED, ["👍", "👎", "Correct", "Why", "Regenerate", "Forget"]),
        (Outcome.CANCELLED, ["👍", "👎", "Correct", "Why", "Try again", "Forget"]),
        (Outcome.FAILED, ["Try again"]),
        (Outcome.ASKED, ["Why", "Forget"]),
    ],
)
def test_an_outcome_gets_the_buttons_that_make_sense(outcome: Outcome, expected: list[str]) -> None:
    (post,) = posts("So.", outcome)
    assert buttons(post) == expected
    menus = [row for row in post.rows if isinstance(row, Menu)]
    assert bool(menus) is (outcome in {Outcome.CANCELLED, Outcome.FAILED})
    read = [ids.read(name) for name in post.names]
    assert all(each and each.interaction_id == ANSWER and each.mark for each in read)


def test_readings_are_buttons() -> None:
    (post,) = posts(numbered(READINGS), Outcome.ASKED, readings=READINGS)
    assert post.text == ASKING
    choices = post.rows[0]
    assert isinstance(choices, tuple)
    assert [each.label for each in choices] == [
        "Build a REST API with FastAPI",
        "Build a REST API with Flask",
    ]
    chosen = ids.read(choices[1].custom_id)
    assert chosen is not None
    assert (chosen.does, chosen.says) == (ids.CHOOSE, "h2")
    (taken,) = posts("So.", readings=READINGS, read_as="h1")
    assert taken.small[0] == "-# Read as: build a REST API with FastAPI. Not what you meant?"
    assert isinstance(taken.rows[0], tuple)
    assert [each.label for each in taken.rows[0]] == ["Build a REST API with Flask"]


def test_a_draft_shows_what_fits_and_that_more_comes() -> None:
    post = draft("word " * 3_000, ANSWER)
    assert len(post.content) <= 2_000
    (row,) = post.rows
    assert isinstance(row, tuple)
    assert row[0].dead
