"""What Slack takes as blocks, texts, views and metadata.

The shapes are those of the installed SDK's models; the sizes that the models leave out
are Slack's documented ones. Every refusal is one of Slack's errors.
"""

from __future__ import annotations

import json
import logging
import re
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models import JsonObject
from slack_sdk.models.blocks import Block, ConfirmObject, FeedbackButtonObject, Option
from slack_sdk.models.views import View

from tests.standins.slack_state import Json, Refused

TEXT = 40_000
UPDATED_TEXT = 4_000
MARKDOWN = 12_000
BLOCKS = 50
VIEW_BLOCKS = 100
# Not documented; measured by others as about this many characters of blocks in one message.
ALL_BLOCKS = 13_200
FIELD = 2_000
OBJECT = 3_000
METADATA_BYTES = 8_000
TABLE_ROWS, TABLE_COLUMNS, TABLE_CHARS = 100, 20, 10_000

_MESSAGE_BLOCKS = frozenset(
    {"actions", "alert", "card", "carousel", "container", "context", "context_actions"}
    | {"divider", "file", "header", "image", "markdown", "plan", "rich_text", "section"}
    | {"table", "task_card", "video"}
)
_VIEW_BLOCKS = frozenset(
    {"actions", "alert", "context", "divider", "header", "image", "input", "rich_text"}
    | {"section", "table", "video"}
)
_ELEMENTS = {
    "context": {"image", "mrkdwn", "plain_text"},
    "context_actions": {"feedback_buttons", "icon_button"},
    "rich_text": {"rich_text_section", "rich_text_list", "rich_text_preformatted"}
    | {"rich_text_quote"},
}
_REACTION = re.compile(r"[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?")
_EVENT_TYPE = re.compile(r"[A-Za-z0-9_]{1,255}")
# The models log what they do not know; here that is refused instead.
for _name in ("slack_sdk.models", "slack_sdk.models.blocks"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


def check_text(text: str, limit: int = TEXT) -> None:
    if len(text) > limit:
        raise Refused("msg_too_long")


def check_markdown(text: str) -> None:
    if len(text) > MARKDOWN:
        raise Refused("msg_too_long")


def check_reaction(name: str) -> None:
    if not _REACTION.fullmatch(name):
        raise Refused("invalid_name")


def check_metadata(metadata: Any) -> Json:
    if not isinstance(metadata, dict) or set(metadata) != {"event_type", "event_payload"}:
        raise Refused("invalid_metadata_format")
    if not _EVENT_TYPE.fullmatch(str(metadata["event_type"])):
        raise Refused("invalid_metadata_format")
    if not isinstance(metadata["event_payload"], dict):
        raise Refused("invalid_metadata_format")
    if len(json.dumps(metadata).encode()) > METADATA_BYTES:
        raise Refused("metadata_too_large")
    return metadata


def checked_blocks(blocks: Any, new_id: Any) -> list[Json]:
    """Return the blocks of a message with ids, as Slack keeps them."""
    kept = _checked(blocks, _MESSAGE_BLOCKS, BLOCKS, new_id)
    if sum(map(_characters, kept)) > ALL_BLOCKS:
        raise Refused("msg_blocks_too_long")
    return kept


def checked_view(view: Any, new_id: Any) -> Json:
    """Return a modal or Home tab with block ids."""
    if not isinstance(view, dict):
        raise Refused("invalid_arguments", "[ERROR] must be a valid view")
    blocks = _checked(view.get("blocks"), _VIEW_BLOCKS, VIEW_BLOCKS, new_id)
    try:
        parsed = View(**view)
        parsed.validate_json()
    except (SlackObjectFormationError, TypeError, KeyError, AttributeError) as wrong:
        raise Refused("invalid_arguments", f"[ERROR] {wrong}") from None
    if unknown := set(view) - View.attributes - {"submit_disabled"}:
        raise Refused("invalid_arguments", f"[ERROR] unknown {sorted(unknown)}")
    if view["type"] == "modal":
        if not isinstance(view.get("title"), dict) or view["title"].get("type") != "plain_text":
            raise Refused("invalid_arguments", "[ERROR] missing required field: title")
        if any(block["type"] == "input" for block in blocks) and "submit" not in view:
            raise Refused("invalid_arguments", "[ERROR] an input block needs a submit button")
    return {**view, "blocks": blocks}


def _checked(blocks: Any, known: frozenset[str], limit: int, new_id: Any) -> list[Json]:
    if isinstance(blocks, str):
        raise Refused("invalid_blocks_format")
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise Refused("invalid_blocks_format")
    if len(blocks) > limit:
        raise Refused("invalid_blocks", f"[ERROR] no more than {limit} items allowed")
    kept: list[Json] = []
    for index, block in enumerate(blocks):
        if block.get("type") not in known:
            _wrong(index, f"unsupported type: {block.get('type')}")
        _check(index, block)
        kept.append({**block, "block_id": block.get("block_id") or new_id("b")})
    ids = [block["block_id"] for block in kept]
    if len(set(ids)) < len(ids):
        raise Refused("invalid_blocks", "[ERROR] block_id already exists")
    return kept


def _wrong(index: int, message: str) -> None:
    raise Refused("invalid_blocks", f"[ERROR] {message} [json-pointer:/blocks/{index}]")


def _check(index: int, block: Json) -> None:
    try:
        parsed = Block.parse(block)
        assert parsed is not None
        _same(index, block, parsed)
    except (SlackObjectFormationError, TypeError, KeyError, AttributeError, ValueError) as wrong:
        _wrong(index, str(wrong))
    allowed = _ELEMENTS.get(block["type"])
    elements = block.get("elements", [])
    if block["type"] in {"actions", "context", "context_actions", "rich_text"} and not elements:
        _wrong(index, "missing required field: elements")
    for element in elements if allowed else []:
        if element["type"] not in (allowed or ()):
            _wrong(index, f"unsupported element: {element['type']}")
    actions = [element["action_id"] for element in elements if "action_id" in element]
    if len(set(actions)) < len(actions):
        _wrong(index, "action_id already exists")
    if block["type"] == "header" and block["text"].get("type") != "plain_text":
        _wrong(index, "a header is plain_text")
    if block["type"] == "table":
        _check_table(index, block)
    _check_texts(index, block)


def _same(index: int, raw: Any, parsed: Any) -> None:
    """Refuse what the model dropped or does not know, on every level, and its own findings."""
    if isinstance(raw, list):
        if not isinstance(parsed, (list, tuple)) or len(raw) != len(parsed):
            _wrong(index, "not a list of known elements")
        for one, other in zip(raw, parsed, strict=True):
            _same(index, one, other)
    elif isinstance(raw, dict) and parsed is None:
        # The parts of rich text have no parser of their own in the SDK.
        if not raw.get("type") or "action_id" in raw:
            _wrong(index, f"unknown element: {raw.get('type')}")
    elif isinstance(raw, dict) and isinstance(parsed, JsonObject):
        _same_object(index, raw, parsed)


def _same_object(index: int, raw: Json, parsed: JsonObject) -> None:
    parsed.validate_json()
    feedback = isinstance(parsed, FeedbackButtonObject)
    known = {"text", "value", "accessibility_label"} if feedback else {*parsed.attributes, "type"}
    if isinstance(parsed, ConfirmObject):  # the model does not list its own
        known = {"title", "text", "confirm", "deny", "style"}
    if isinstance(parsed, Option):  # nor does this one
        known = {"text", "value", "description", "url"}
    if unknown := set(raw) - known - {"block_id"}:
        _wrong(index, f"invalid additional property: {sorted(unknown)}")
    for key, value in raw.items():
        inner = parsed.get_object_attribute(key)
        # Where the model keeps what it was given there is nothing to compare with.
        if inner is not value and not feedback:
            _same(index, value, inner)


def _check_texts(index: int, node: Any, field: str = "") -> None:
    """Text objects are neither empty nor longer than their place allows."""
    if isinstance(node, list):
        for one in node:
            _check_texts(index, one, field)
    if not isinstance(node, dict):
        return
    if node.get("type") in {"plain_text", "mrkdwn"}:
        text = node.get("text")
        limit = FIELD if field == "fields" else OBJECT
        if not isinstance(text, str) or not 0 < len(text) <= limit:
            _wrong(index, f"must be between 1 and {limit} characters")
        return
    if node.get("type") == "button" and node.get("text", {}).get("type") != "plain_text":
        _wrong(index, "a button's text is plain_text")
    for key, value in node.items():
        _check_texts(index, value, key)


def _check_table(index: int, block: Json) -> None:
    rows = block["rows"]
    if len(rows) > TABLE_ROWS or any(not 0 < len(row) <= TABLE_COLUMNS for row in rows):
        _wrong(index, "a table has at most 100 rows of 20 cells")
    for cell in (cell for row in rows for cell in row):
        if cell.get("type") not in {"raw_text", "raw_number", "rich_text"}:
            _wrong(index, f"unsupported cell: {cell.get('type')}")
    if _characters(block) > TABLE_CHARS:
        raise Refused("invalid_blocks", "[ERROR] a table has at most 10,000 characters")


def _characters(node: Any) -> int:
    """Characters that a person would read."""
    if isinstance(node, list):
        return sum(map(_characters, node))
    if isinstance(node, dict):
        return sum(
            len(value) if key == "text" and isinstance(value, str) else _characters(value)
            for key, value in node.items()
        )
    return 0
