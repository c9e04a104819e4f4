from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from integrations.contracts.delivery import Citation
from integrations.markdown.document import read
from integrations.surfaces.slack.speaking.markdown import markdown
from tests.surfaces.slack.blocks import (
    answer_blocks,
    buttons,
    footnote,
    posts,
    said,
    seen,
    walk,
)

FRAGMENTS = st.one_of(
    st.text(alphabet="ab1 \n\t*_`~[]()<>&|#-+.!\\@:=\"'xé字👍🏽\u200d\u202eא", max_size=12),
    st.sampled_from(
        [
            "\n\n",
            "\n- ",
            "\n  - ",
            "\n1. ",
            "\n7) ",
            "\n> ",
            "\n# ",
            "\n```py\n",
            "\n```\n",
            "\n    ",
            "\n\n| a | b |\n|---|--:|\n| ",
            "**bold**",
            " _so_ ",
            "`x < y`",
            "[a](https://a.example/x_y?b=1&c)",
            "![pic](https://a.example/p.png)",
            "<https://a.example>",
            "https://a.example/(x),",
            "<!channel>",
            "<@U123>",
            "@here",
            "&lt;!here&gt;",
            "&amp;",
            "[1]",
            "\n---\n",
            "\n[r]: https://r.example\n",
        ]
    ),
)
TEXTS = st.lists(FRAGMENTS, max_size=25).map("".join)


def letters(text: str) -> str:
    return "".join(ch for ch in text if ch.isalnum())


def follows(wanted: str, shown: str) -> bool:
    """Whether all characters are there in their order, perhaps among others."""
    left = iter(shown)
    return all(ch in left for ch in wanted)


def expected(text: str) -> str:
    """The characters a reader of Markdown shows, by a parser that we did not set up."""
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 100})
    parser.enable(["table", "strikethrough"]).disable("reference")
    return "\n".join(said(parser, text))


def test_a_long_answer_is_split_between_its_paragraphs() -> None:
    text = "\n\n".join(f"Paragraph {n} " + "word " * 300 for n in range(25))
    split = posts(text)
    assert len(split) > 2
    for post in split:
        assert re.match(r"Paragraph \d+ ", seen(post))
    assert letters("".join(map(seen, split))) == letters(text)


def test_code_goes_on_in_the_next_message_as_code_of_its_language() -> None:
    code = "\n".join(f"line_{n} = {n} * 2" for n in range(2000))
    split = posts(f"```python\n{code}\n```")
    parts = [answer_blocks(post)[0]["text"] for post in split]
    assert len(parts) > 2
    assert all(p.startswith("```python\n") and p.endswith("\n```") for p in parts)
    lines = [line for part in parts for line in part.split("\n")[1:-1]]
    assert "\n".join(lines) == code


def test_blank_lines_of_code_survive_the_cut() -> None:
    code = "\n".join(["a < b", "", "", "  c"] * 1500)
    split = posts(f"~~~\n{code}\n~~~")
    texts = [e["text"] for p in split for e in walk(answer_blocks(p)) if e.get("type") == "text"]
    assert len(texts) == len(split) > 1
    assert "\n".join(texts) == code


def test_the_header_of_a_long_table_stands_above_each_part() -> None:
    rows = [f"| name {n} | {n} |" for n in range(2000)]
    split = posts("\n".join(["| who | count |", "|---|---|", *rows]))
    assert len(split) > 2
    for post in split:
        lines = seen(post).split("\n")
        assert lines[0].split() == ["who", "count"]
        assert set(lines[1]) <= {"─", " "}
        assert re.fullmatch(r"name \d+ +\d+", lines[2])
    found = [n for post in split for n in re.findall(r"name (\d+)", seen(post))]
    assert found == [str(n) for n in range(2000)]


def test_an_item_of_a_list_is_never_torn() -> None:
    items = [f"item {n} " + "word " * (n % 90) + "end" for n in range(200)]
    split = posts("\n".join(f"- {item}" for item in items))
    assert 1 < len(split) <= 8
    for post in split:
        assert seen(post).startswith("item ")
        assert seen(post).endswith("end")


def test_a_listing_that_fits_into_the_next_message_is_not_cut() -> None:
    code = "\n".join(f"line_{n} = {n}" for n in range(300))
    first, second = posts("word " * 1800 + f"\n\n```python\n{code}\n```")
    assert "line_" not in seen(first)
    assert seen(second).strip() == code


def test_many_short_paragraphs_stay_below_the_blocks_slack_makes_of_them() -> None:
    split = posts("\n\n".join(["x"] * 90))
    assert [len(letters(seen(post))) for post in split] == [40, 40, 10]


def test_a_text_that_is_slow_to_parse_is_shown_as_it_is_written() -> None:
    (post,) = posts("[" * 3001 + " **b**")
    assert seen(post).endswith("[ **b**")


def test_a_heading_goes_along_with_its_text() -> None:
    text = "word " * 2200 + "\n\n## Next\n\n" + "more " * 500
    first, second = posts(text)
    assert "Next" not in seen(first)
    assert seen(second).startswith("Next")


def test_every_part_says_which_it_is_and_the_last_can_be_judged() -> None:
    split = posts("\n\n".join(["word " * 300] * 20))
    for n, post in enumerate(split, 1):
        assert footnote(post).count("Mynah can be wrong") == 1
        assert footnote(post).startswith(f"{n} of {len(split)}")
        assert bool(buttons(post)) == (n == len(split))


def test_the_footer_finds_room_below_an_answer_that_fills_the_message() -> None:
    sources = tuple(Citation(n, "long/path/" * 11, "") for n in range(1, 11))
    for length in range(11_000, 12_000, 100):
        split = posts("x" * length, citations=sources)
        assert buttons(split[-1])
        assert "".join(map(seen, split)).replace("\n", "") == "x" * length


@pytest.mark.parametrize(
    "text",
    [
        "x" * 40_000,
        "字" * 40_000,
        "👩‍👩‍👧‍👦" * 4000,
        '"\\' * 10_000,
        "```\n" + "y" * 30_000,
        "[" * 40_000,
        "> " * 200 + "deep",
        "- " * 200 + "deep",
        "**b** _i_ " * 3000,
        "[a](https://a.example/" + "z" * 1900 + ") " * 1,
        ("[a](https://a.example/" + "z" * 1900 + ") ") * 20,
        "<div onclick='x'>html</div>\n" * 900,
        "\u202e שלום " * 4000,
        "# " + "heading " * 1000,
        "# h\n\n" * 200,
        "- x\n" * 5000,
        "|a|\n" + "|-|\n" + "|" + "b " * 15_000 + "|",
        "|" + "a|" * 300 + "\n|" + "-|" * 300 + "\n" + "|b\n" * 300,
        "1. " + "word " * 4000 + "\n2. b",
    ],
    ids=lambda text: text[:12],
)
def test_nothing_is_too_much(text: str) -> None:
    split = posts(text)
    shown = letters("".join(map(seen, split)))
    assert shown.startswith(letters(expected(text))[:20])
    if "|" not in text:  # the header of a table is repeated
        assert letters(expected(text)) == shown or letters(text) == shown


def test_an_emoji_is_not_cut_apart() -> None:
    family = "👩‍👩‍👧‍👦"
    for post in posts("x" + family * 4000):
        runs = [
            e["text"] for e in walk(answer_blocks(post)) if e.get("type") in {"text", "markdown"}
        ]
        assert "".join(runs).lstrip("x").replace(family, "") == ""


@given(TEXTS)
def test_any_text_is_shown_whole_within_every_limit(text: str) -> None:
    split = posts(text)
    shown = letters("".join(map(seen, split)))
    wanted = letters(expected(text))
    if not wanted:
        assert shown in {"", letters("There is nothing to show.")}
    elif "|" in text:  # what a row has too much is shown as well
        assert follows(wanted, shown)
    else:
        assert shown == wanted


@given(TEXTS, st.integers(2, 40))
def test_a_text_of_any_length_loses_nothing_to_the_cuts(text: str, times: int) -> None:
    prose = text.replace("|", "").replace("`", "'")  # tables and fences are tested above
    once = re.sub(r"<br", "br", prose) + " " + "word " * 200
    long = "\n\n".join([once] * times)
    assert letters("".join(map(seen, posts(long)))) in {letters(expected(long)), letters(long)}


@given(TEXTS)
def test_every_reader_takes_our_markdown_for_what_we_meant(text: str) -> None:
    for group in read(text):
        written = markdown(group)
        if written is not None:
            assert read(written) == [group]
            assert not re.search(r"<|&\w+;|&#|@(channel|here|everyone)", written, re.IGNORECASE)


@given(TEXTS)
def test_neighbours_in_markdown_stay_apart(text: str) -> None:
    for post in posts(text):
        for block in answer_blocks(post):
            if block["type"] == "markdown":
                again = [markdown(group) or "not Markdown" for group in read(block["text"])]
                assert "\n\n".join(again) == block["text"]


@given(st.text(alphabet=st.characters(codec=None), max_size=200))
def test_no_character_can_break_a_message(text: str) -> None:
    for post in posts(text):
        json.dumps(post.blocks, ensure_ascii=False).encode()
        post.text.encode()
