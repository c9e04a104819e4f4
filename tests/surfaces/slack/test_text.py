"""How a message of Slack's reads: links, mentions and escapes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.surfaces.slack.reading.payload import Bot
from integrations.surfaces.slack.reading.text import addressee, as_markdown, mentions
from tests.surfaces.slack.payloads import ADA, BO, CHANNEL, US

BOT = Bot(US, names={ADA: "Ada", CHANNEL: "general", "S0DEVS001": "devs"})


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a &lt; b &amp;&amp; b &gt; c", "a < b && b > c"),
        ("&amp;lt; and &amp;gt; stay escapes", "&lt; and &gt; stay escapes"),
        ("see <https://a.example/x?y=1&amp;z=2>", "see https://a.example/x?y=1&z=2"),
        ("see <https://a.example/x|the docs>", "see [the docs](https://a.example/x)"),
        ("see <http://a.example|a.example>", "see a.example"),
        ("see <https://a.example/x/|a.example/x>", "see a.example/x"),
        ("to <mailto:ada@a.example|ada@a.example>", "to ada@a.example"),
        ("<https://a.example/f(x)|a [b]>", r"[a \[b\]](https://a.example/f%28x%29)"),
        ("<javascript:alert(1)|click>", "click (javascript:alert(1))"),
        (f"ask <@{ADA}>", "ask @Ada"),
        (f"ask <@{BO}>", f"ask @{BO}"),
        (f"ask <@{BO}|bo>", "ask @bo"),
        (f"in <#{CHANNEL}|general> and <#{CHANNEL}>", "in #general and #general"),
        ("in <#C0SECRET1|>", "in #C0SECRET1"),
        ("<!channel> and <!here|here> and <!everyone>", "@channel and @here and @everyone"),
        ("<!subteam^S0DEVS001> <!subteam^S0OPS0001|@ops>", "@devs @ops"),
        ("<!date^1392734382^{date}|18 Feb 2014> it was", "18 Feb 2014 it was"),
        ("`a &lt; b` and `<https://a.example>`", "`a < b` and `https://a.example`"),
        ("`<https://a.example/x|a page>`", "`a page`"),
        (
            "```curl <http://a.example|a.example>\n<@U0BO00001>```",
            "```curl a.example\n@U0BO00001```",
        ),
        ("*bold* _it_ ~no~ :tada:", "*bold* _it_ ~no~ :tada:"),
        ("a <b c> d", "a <b c> d"),
    ],
)
def test_a_message_reads_as_people_meant_it(written: str, read: str) -> None:
    assert as_markdown(written, BOT) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (f"<@{US}> what is a monad?", "what is a monad?"),
        (f"<@{US}|mynah>: what is a monad?", "what is a monad?"),
        (f"  <@{US}>, <@{US}>  what?", "what?"),
        (f"what is a monad, <@{US}>", "what is a monad"),
        (f"<@{US}>:tada: we did it", ":tada: we did it"),
        (f"what does <@{US}> know of me?", "what does @Mynah know of me?"),
        (f"<@{US}>", ""),
        (f"<@{US}> ask <@{ADA}>", "ask @Ada"),
    ],
)
def test_a_mention_that_only_calls_us_is_gone(written: str, read: str) -> None:
    assert as_markdown(written, BOT) == read


def test_a_longer_id_that_begins_like_ours_is_not_us() -> None:
    assert not mentions(f"<@{US}2> hello", US)
    assert as_markdown(f"<@{US}2> hello", BOT) == f"@{US}2 hello"


def test_who_is_spoken_to_is_who_is_named_first() -> None:
    assert addressee(f" <@{BO}|bo> could you?") == BO
    assert not addressee(f"could you, <@{BO}>?")


@given(st.text(st.sampled_from("<>|@#!`^&;:ab \n[]()"), max_size=80))
def test_any_text_can_be_read_and_keeps_its_letters(text: str) -> None:
    read = as_markdown(text, BOT)
    plain = "".join(x for x in text if x in "ab")
    if "<" not in text:
        assert "".join(x for x in read if x in "ab") == plain


@pytest.mark.parametrize("piece", ["<", "`", "```", "<a|", f"<@{US}", " ", "<@", "&amp;", ","])
def test_the_longest_message_of_one_thing_is_read_at_once(piece: str) -> None:
    text = f"<@{US}>" + piece * (40_000 // len(piece)) + f"<@{US}>"

    assert len(as_markdown(text, BOT)) <= len(text)
