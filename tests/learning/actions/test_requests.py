"""What is a request to act, what it says, and above all what is none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.contracts.tools import Tool
from learning.actions.requests import Asked, as_data, from_data, go_on, lacking, read, wanting


def tool(name: str, required: str = "", optional: str = "", **typed: Any) -> Tool:
    names = [*required.split(), *optional.split()]
    properties = {each: typed.get(each, {"type": "string"}) for each in names}
    schema = {"type": "object", "properties": properties, "required": required.split()}
    return Tool(name, f"Do {name}", "It does it.", schema, "writes")


NUMBER = {"type": "integer"}
LISTED = {"type": "string", "enum": ["open", "closed", "all"]}
ISSUE = tool("github.create_issue", "repo title", "body")
TOOLS = [
    ISSUE,
    tool("github.comment", "repo number body", number=NUMBER),
    tool("github.update_issue", "repo number", "state", number=NUMBER, state=LISTED),
    tool("github.merge_pull", "repo number", number=NUMBER),
    tool("github.list_pulls", "repo", "state", state=LISTED),
    tool("github.list_issues", "repo", "state", state=LISTED),
    tool(
        "music.create",
        "prompt",
        "genre tempo style mood instrumental title",
        tempo=NUMBER,
        instrumental={"type": "boolean"},
    ),
    tool("post.message", "to text"),
    tool("reminder.set", "text at"),
    tool("reminder.list"),
    tool("task.add", "title", "detail project"),
    tool("task.move", "task to", "why"),
    tool("task.list", "", "project"),
    tool("time.get_current_time", "timezone"),
    tool("search.web", "query", "count safe", count=NUMBER, safe={"type": "boolean"}),
]


@pytest.mark.parametrize(
    ("text", "name", "params"),
    [
        (
            "create a song about rain, hip-hop, 140 bpm",
            "music.create",
            {"prompt": "rain", "genre": "hip-hop", "tempo": 140},
        ),
        (
            "Hey Mynah, can you make me a calm lo-fi beat at 80 BPM without vocals, please?",
            "music.create",
            {"genre": "lo-fi", "tempo": 80, "mood": "calm", "instrumental": True},
        ),
        ("Make me a song", "music.create", {"prompt": "a song"}),
        (
            'compose a sad piano ballad about a happy robot called "Rust"',
            "music.create",
            {"prompt": "a happy robot", "mood": "sad", "title": "Rust"},
        ),
        (
            "open an issue in acme/api: Login fails",
            "github.create_issue",
            {"repo": "acme/api", "title": "Login fails"},
        ),
        (
            "Please file a bug in acme/api titled “Login fails”\n\nSteps:\n1. log in",
            "github.create_issue",
            {"repo": "acme/api", "title": "Login fails", "body": "Steps:\n1. log in"},
        ),
        (
            "comment on acme/api#12: I can confirm, thanks",
            "github.comment",
            {"repo": "acme/api", "number": 12, "body": "I can confirm, thanks"},
        ),
        (
            "Close acme/api#12.",
            "github.update_issue",
            {"repo": "acme/api", "number": 12, "state": "closed"},
        ),
        (
            "close issue 12 in acme/api",
            "github.update_issue",
            {"repo": "acme/api", "number": 12, "state": "closed"},
        ),
        (
            "merge https://github.com/acme/api/pull/7",
            "github.merge_pull",
            {"repo": "acme/api", "number": 7},
        ),
        (
            "show open PRs of acme/api",
            "github.list_pulls",
            {"repo": "acme/api", "state": "open"},
        ),
        ("what are the open issues in acme/api?", "github.list_issues", {"repo": "acme/api"}),
        (
            'post "Deploy is done" to #dev',
            "post.message",
            {"to": "#dev", "text": "Deploy is done"},
        ),
        (
            "tell #dev that the build is green",
            "post.message",
            {"to": "#dev", "text": "the build is green"},
        ),
        ("post to #dev:\nLine 1\nLine 2", "post.message", {"text": "Line 1\nLine 2"}),
        (
            "remind me tomorrow at 9 to call Bob",
            "reminder.set",
            {"text": "call Bob", "at": "tomorrow at 9"},
        ),
        (
            "Remind me in 20 minutes to check the oven",
            "reminder.set",
            {"text": "check the oven", "at": "in 20 minutes"},
        ),
        (
            "could you remind me to send the invoice on Friday morning?",
            "reminder.set",
            {"text": "send the invoice", "at": "on Friday morning"},
        ),
        (
            "remind me about the review at 3:30 pm tomorrow",
            "reminder.set",
            {"text": "the review", "at": "at 3:30 pm tomorrow"},
        ),
        (
            "remind me to say thanks tomorrow at noon, thank you!",
            "reminder.set",
            {"text": "say thanks", "at": "tomorrow at noon"},
        ),
        ("add a task: Write the docs", "task.add", {"title": "Write the docs"}),
        ("add Write the docs to my board", "task.add", {"title": "Write the docs"}),
        ("move task 3f2a to done", "task.move", {"task": "3f2a", "to": "DONE"}),
        (
            "move task 3f2a back to todo because the tests fail",
            "task.move",
            {"task": "3f2a", "to": "TODO", "why": "the tests fail"},
        ),
        ("what is on my board?", "task.list", {}),
        ('use search.web with {"query": "birds"}', "search.web", {"query": "birds"}),
        (
            "call time.get_current_time timezone=Europe/Berlin",
            "time.get_current_time",
            {"timezone": "Europe/Berlin"},
        ),
        (
            "use search.web query='song birds' count=3 safe=true",
            "search.web",
            {"query": "song birds", "count": 3, "safe": True},
        ),
    ],
)
def test_what_is_asked_for_in_so_many_words_is_read(
    text: str, name: str, params: dict[str, Any]
) -> None:
    asked = read(text, TOOLS)
    assert asked is not None
    assert asked.tool == name
    assert params.items() <= asked.params.items()
    assert asked.missing == ()


@pytest.mark.parametrize(
    "text",
    [
        "how do I open an issue in acme/api?",
        "should I close acme/api#12?",
        "What makes a good song about rain?",
        "which songs are about rain?",
        "I created a song about rain yesterday",
        "don't create a song about rain",
        "please do not post anything to #dev",
        "never remind me to call Bob",
        '"open an issue in acme/api: Login fails"',
        "> open an issue in acme/api: Login fails",
        "Ann said: open an issue in acme/api: Login fails",
        "if the build fails, open an issue in acme/api: Build fails",
        "create a song about rain, or not",
        "post 'hi' to #dev - never mind",
        "could you open an issue?",
        "can you create songs?",
        "open an issue in acme/api: Login fails?",
        "write a song about rain",
        "create a track changes document",
        "make a loop in python",
        "write a song parser in Rust",
        "tell #dev about the release",
        "post the summary of this thread to #dev",
        "send it to #dev",
        "remind me how decorators work",
        "remind me what we said about retries",
        "create a task queue in Python",
        "add a task to the scheduler that cleans up",
        "add logging to the module",
        "move the function to another file",
        "close the file in Python",
        "merge two dicts",
        "comment on this code: x = 1",
        "use search.web to find out who won",
        "use python.typing here",
        "how would I use search.web?",
        "what is on the menu?",
        "show me the board game rules",
        "list tasks in celery",
        "open an issue in acme/api: " + "x" * 7_000,
        "",
        "   ",
    ],
)
def test_what_only_speaks_of_such_things_is_no_request(text: str) -> None:
    assert read(text, TOOLS) is None


def test_nothing_is_asked_of_tools_that_are_not_there() -> None:
    assert read("create a song about rain", [ISSUE]) is None
    assert read("create a song about rain", []) is None


def test_what_is_missing_is_asked_for_and_the_next_message_says_it() -> None:
    asked = read("open an issue", TOOLS)
    assert asked == Asked("github.create_issue", {}, ("repo", "title"))
    assert wanting(asked, ISSUE).startswith("To do github.create_issue I need **repo** and")
    assert from_data(as_data(asked)) == asked
    more = go_on(asked, "acme/api", ISSUE)
    assert more == Asked("github.create_issue", {"repo": "acme/api"}, ("title",))
    whole = go_on(more, "“Login fails”", ISSUE)
    assert whole == Asked("github.create_issue", {"repo": "acme/api", "title": "Login fails"})
    at_once = go_on(asked, "repo: acme/api\ntitle: Login: it fails", ISSUE)
    assert at_once == Asked("github.create_issue", {"repo": "acme/api", "title": "Login: it fails"})


@pytest.mark.parametrize(
    ("text", "came"), [("never mind", "left"), ("No thanks.", "left"), ("what is an issue?", None)]
)
def test_who_is_asked_for_more_may_leave_it_or_speak_of_something_else(
    text: str, came: str | None
) -> None:
    assert go_on(Asked("github.create_issue", {}, ("repo", "title")), text, ISSUE) == came


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_the_reading(text: str) -> None:
    for begun in ("", "remind me ", "use search.web ", "create a song "):
        found = read(begun + text, TOOLS)
        assert found is None or found.tool in {each.name for each in TOOLS}


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("Create a song about rain", "music.create"),
        ("open an issue in acme/api: Login fails", "github.create_issue"),
        ("How do I write a song?", ""),
        ("What is a song?", ""),
        ("hello", ""),
    ],
)
def test_what_is_asked_for_and_not_there_is_known_by_its_name(text: str, tool: str) -> None:
    assert lacking(text, ()) == tool
