"""Reading our messages as Slack would: what it refuses, and what people see."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

from markdown_it import MarkdownIt
from slack_sdk.models.blocks import Block

from integrations.contracts.delivery import Delivery, Outcome, Target
from integrations.surfaces.slack.speaking.rendering import Post, render

if TYPE_CHECKING:
    from collections.abc import Iterator

INTERACTION = UUID(int=7)
TARGET = Target("slack", "T1", "C1", "1.000100", "U1", UUID(int=1), INTERACTION, private=False)


def delivery(text: str, outcome: Outcome = Outcome.ANSWERED, **more: Any) -> Delivery:
    target = more.pop("target", TARGET)
    return Delivery("key", target, text, outcome=outcome, role="DeepSeek", model="m", **more)


def posts(text: str, outcome: Outcome = Outcome.ANSWERED, **more: Any) -> tuple[Post, ...]:
    """Render, and let every message be checked."""
    rendered = render(delivery(text, outcome, **more))
    for post in rendered:
        check(post)
    return rendered


def check(post: Post) -> None:
    """Refuse what Slack would refuse."""
    assert 0 < len(post.blocks) <= 50
    assert 0 < len(post.text) <= 40_000
    assert len(json.dumps(post.blocks, ensure_ascii=False).encode("utf-16-le")) // 2 <= 13_800
    tight = json.dumps(post.blocks, ensure_ascii=False, separators=(",", ":"))
    assert len(tight.encode("utf-16-le")) // 2 <= 13_200
    assert sum(len(b["text"]) for b in post.blocks if b["type"] == "markdown") <= 12_000
    assert sum(b["type"] == "table" for b in post.blocks) <= 1
    for block in post.blocks:
        parsed = Block.parse(block)
        assert parsed is not None, f"unknown block {block['type']}"
        parsed.validate_json()
        assert parsed.to_dict() == block, "a key that Slack's SDK does not know"
        for each in walk(block):
            check_element(each)


def check_element(each: dict[str, Any]) -> None:
    if isinstance(text := each.get("text"), str):
        assert text
    match each.get("type"):
        case "plain_text":
            assert len(each["text"]) <= 3000
        case "context" | "actions" | "context_actions":
            assert 0 < len(each["elements"]) <= 10
            ids = [e["action_id"] for e in each["elements"] if "action_id" in e]
            assert len(ids) == len(set(ids))
        case "button":
            assert len(each["text"]["text"]) <= 75
            assert len(each["value"]) <= 2000
            assert len(each["action_id"]) <= 255
        case "overflow":
            assert 1 <= len(each["options"]) <= 5
            assert all(len(option["value"]) <= 150 for option in each["options"])
        case "table":
            assert len(each["rows"]) <= 100
            assert len({len(row) for row in each["rows"]}) == 1
            assert 0 < len(each["rows"][0]) <= 20
        case "user" | "usergroup" | "broadcast" | "channel" | "mrkdwn":
            raise AssertionError(f"{each} is read for mentions")


def walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


def answer_blocks(post: Post) -> list[dict[str, Any]]:
    """The blocks that say something, without what stands below them."""
    return [b for b in post.blocks if b["type"] not in {"context", "actions", "context_actions"}]


def seen(post: Post) -> str:
    """What people read, with Markdown read by CommonMark."""
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 100}).enable("strikethrough")
    read: list[str] = []
    for block in answer_blocks(post):
        if block["type"] == "markdown":
            read.extend(said(parser, block["text"]))
        else:
            read.extend(e["text"] for e in walk(block) if isinstance(e.get("text"), str))
    return "\n".join(read)


def said(parser: MarkdownIt, text: str) -> Iterator[str]:
    """The characters of a Markdown text, without its marks."""
    for token in parser.parse(text):
        if token.type in {"fence", "code_block"}:
            yield token.content
        for child in token.children or ():
            # An image that has no description is shown by its address.
            source = str(child.attrGet("src") or "") if child.type == "image" else ""
            yield child.content or source or ("\n" if child.type.endswith("break") else "")


def buttons(post: Post) -> dict[str, str]:
    """Labels of the buttons by action id."""
    return {
        e["action_id"]: e["text"]["text"] for e in walk(post.blocks) if e.get("type") == "button"
    }


def footnote(post: Post) -> str:
    return "\n".join(
        e["text"] for b in post.blocks if b["type"] == "context" for e in b["elements"]
    )
