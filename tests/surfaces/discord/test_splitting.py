"""A long answer becomes several messages, and nothing of it is lost."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.contracts.delivery import Citation, Delivery, Standing
from integrations.markdown.cutting import cut, size
from integrations.markdown.document import plain, read
from integrations.surfaces.discord.showing.layout import MOST_CONTENT, MOST_LAYOUT, Post
from integrations.surfaces.discord.showing.rendering import render, said
from integrations.surfaces.discord.showing.splitting import pack, parts_of, shown
from tests.surfaces.discord.speaking import KEY, target

FRAGMENTS = st.one_of(
    st.text(alphabet="ab1 \n\t*_`~[]()<>&|#-+.!\\@:=\"'xé字👍🏽\u200d\u202eא🇩", max_size=12),
    st.sampled_from(
        [
            "\n\n",
            "\n- ",
            "\n  - ",
            "\n7) ",
            "\n> ",
            "\n# ",
            "\n```py\n",
            "\n```\n",
            "\n\n| a | b |\n|---|--:|\n| ",
            "**bold**",
            " _so_ ",
            "`x < y`",
            "[a](https://a.example/x_y?b=1&c)",
            f"[long](https://a.example/{'x_' * 400})",
            "@everyone",
            "word " * 150,
            "line\n" * 80,
            "👩🏽‍🚀" * 60,
            "*_`<" * 90,
            "\n---\n",
        ]
    ),
)
TEXTS = st.lists(FRAGMENTS, max_size=25).map("".join)


def letters(text: str) -> str:
    return "".join(ch for ch in text if ch.isalnum())


def follows(wanted: str, found: str) -> bool:
    """Whether all characters are there in their order, perhaps among others."""
    left = iter(found)
    return all(ch in left for ch in wanted)


def expected(text: str) -> str:
    """The characters of all pieces but tables, which are written in two ways."""
    found: list[str] = []
    for group in read(text):
        for piece in group:
            spans = getattr(piece, "spans", None)
            found.append(plain(spans) if spans is not None else getattr(piece, "text", ""))
    return "".join(found)


@settings(max_examples=120, deadline=None)
@given(TEXTS)
def test_each_message_fits_and_no_text_is_lost(text: str) -> None:
    parts = list(parts_of(read(text)))
    packed = pack(parts, MOST_CONTENT, 800)
    messages = [shown(each) for each in packed]
    assert all(size(each) <= MOST_CONTENT for each in messages)
    assert size(messages[-1]) <= 800
    assert follows(letters(expected(text)), letters("".join(messages)))
    for each in messages:
        assert each.count("```") % 2 == 0
        each.encode()


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(0, 9))
def test_every_rendered_message_is_one_that_discord_takes(text: str, sources: int) -> None:
    cited = tuple(Citation(n, "@here *_" * 20, "") for n in range(sources))
    delivery = Delivery(KEY, target(), text, citations=cited, role="_" * 300, model="`" * 300)
    posts = render(delivery, Standing(99_999, 99_999, corrected=True))
    assert len(posts) == len(render(delivery)) <= 5
    for post in posts:
        assert size(post.content) <= (MOST_LAYOUT if post.layout else MOST_CONTENT)
        assert all(len(name) <= 100 for name in post.names)
        assert len(post.rows) <= 5
        assert post.text.strip()


@given(st.text(alphabet="aé\u0301👩🏽\u200d🚀🇩🇪 ", max_size=60), st.integers(8, 20))
def test_a_cut_falls_between_characters(text: str, most: int) -> None:
    pieces = list(cut(text, most))
    assert "".join(pieces) == text
    assert all(size(each) <= most for each in pieces)


def test_flags_and_joined_emoji_stay_whole() -> None:
    for whole in ("🇩🇪", "👩🏽‍🚀", "e\u0301"):
        for each in cut(whole * 40, 31):
            assert len(each) % len(whole) == 0


def of(text: str) -> tuple[Post, ...]:
    return render(Delivery(KEY, target(), text, role="DeepSeek"))


def test_a_long_answer_is_split_between_its_paragraphs() -> None:
    text = "\n\n".join(f"Paragraph {n} " + "word " * 150 for n in range(8))
    posts = of(text)
    assert len(posts) == 4
    assert all(re.match(r"Paragraph \d ", post.text) for post in posts)
    assert letters("".join(post.text for post in posts)) == letters(text)


def test_code_goes_on_in_the_next_message_as_code_of_its_language() -> None:
    code = "\n".join(f"line_{n} = {n} * 2" for n in range(250))
    posts = of(f"Look:\n\n```python\n{code}\n```")
    assert len(posts) > 2
    listings = [post.text.partition("```python\n")[2] for post in posts]
    assert all(each.endswith("\n```") for each in listings)
    assert "\n".join(each.removesuffix("\n```") for each in listings) == code


def test_the_header_of_a_long_table_stands_above_each_part() -> None:
    rows = "\n".join(f"| name {n} | {n} |" for n in range(300))
    posts = of(f"| who | count |\n|---|---|\n{rows}")
    assert len(posts) > 1
    assert all(post.text.startswith("```\nwho") for post in posts)
    found = [n for post in posts for n in re.findall(r"name (\d+)", post.text)]
    assert found == [str(n) for n in range(300)]


def test_an_item_is_not_torn_and_a_heading_goes_with_what_it_heads() -> None:
    items = "\n".join(f"- item {n} {'word ' * (n % 40)}end" for n in range(60))
    posts = of(f"{items}\n\n## Next\n\n{'more ' * 300}")
    assert len(posts) > 2
    assert all(post.text.startswith(("- item", "## Next", "more")) for post in posts)
    assert not any(post.text.endswith("## Next") for post in posts)


def test_an_answer_without_end_is_its_beginning_and_a_file() -> None:
    text = "\n\n".join(f"Paragraph {n} " + "word " * 200 for n in range(40))
    (post,) = of(text)
    assert post.text.startswith("Paragraph 0 ")
    assert post.file == text
    assert "answer.md" in post.content
    assert len(post.content) <= MOST_CONTENT
    (quiet,) = said(text)
    assert quiet.file == text
