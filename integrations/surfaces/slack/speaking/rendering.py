"""Deliveries as Slack's messages.

Decides what a reply looks like: Markdown where every reader of it agrees, rich text for
everything else, Slack's own tables, and below it the sources and buttons. Decides also
how it becomes several messages. Refuses to know how they are sent; whoever sends them
passes neither ``link_names`` nor ``parse``, so that nothing pings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from integrations.contracts.delivery import Outcome
from integrations.markdown.cutting import clip
from integrations.markdown.document import Prose, Rule, Span, Table, read, verbatim
from integrations.surfaces.slack.speaking.footers import byline, context, footer
from integrations.surfaces.slack.speaking.markdown import BROADCAST, markdown
from integrations.surfaces.slack.speaking.packing import MOST_TABLE, joined, pack, parts_of
from integrations.surfaces.slack.speaking.rich import rich_text, shown, weight
from integrations.surfaces.slack.speaking.tables import table_block
from learning.interpretation.contract import ASKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from integrations.contracts.delivery import Delivery, Standing
    from integrations.markdown.document import Group, Piece
    from integrations.surfaces.slack.speaking.packing import Part

MOST_WEIGHT: Final = 13_000
"""Of all blocks of a message, as JSON. See ``weight`` for the reason."""
MOST_MARKDOWN: Final = 12_000
"""Characters of Markdown in a message; the rest of the answer is counted alike."""
MOST_POSTS: Final = 8
"""Messages in a row from which on nobody reads for the beauty of it."""
MOST_TEXT: Final = 3_000
"""Characters of the text for notifications; Slack takes 40,000 and shows a few."""


@dataclass(frozen=True, slots=True)
class Post:
    """What ``chat.postMessage`` takes. ``text`` is what a notification shows."""

    blocks: list[dict[str, Any]]
    text: str


def render(
    delivery: Delivery, standing: Standing | None = None, *, asker: str = ""
) -> tuple[Post, ...]:
    """Return the messages that show a reply, in order; what can be done is below the last.

    Args:
        delivery: the reply.
        standing: what became of it, if it was shown before; its messages stay as many.
        asker: who wanted it, where that is to be said.
    """
    asks = delivery.outcome is Outcome.ASKED and delivery.target.interaction_id is not None
    text = ASKING if asks and delivery.readings else delivery.text
    below = footer(delivery)
    posts = _packed(read(text) or [_NOTHING], weight(below))
    if len(posts) > MOST_POSTS:  # thousands of items or styles; as it is written it takes less
        posts = min(posts, _packed(verbatim(text), weight(below)), key=len)
    last = len(posts) - 1
    return tuple(
        Post(
            [
                *_blocks(parts),
                *(below if i == last else []),
                *byline(
                    delivery,
                    part=i + 1,
                    parts=len(posts),
                    standing=standing if i == last else None,
                    asker=asker,
                ),
            ],
            _fallback(parts),
        )
        for i, parts in enumerate(posts)
    )


def render_below(delivery: Delivery) -> tuple[Post, ...]:
    """Return the messages that stand in the thread below a reply; nothing if there are none."""
    return said(delivery.below) if delivery.below.strip() else ()


def said(text: str) -> tuple[Post, ...]:
    """Return Markdown as messages, without a line that says who answered."""
    packed = _packed(read(text) or [_NOTHING], 0)
    if len(packed) > MOST_POSTS:
        packed = min(packed, _packed(verbatim(text), 0), key=len)
    return tuple(Post(_blocks(parts), _fallback(parts)) for parts in packed)


def working(text: str) -> Post:
    """Return a quiet line that says what is going on."""
    return Post([context(text)], escaped(clip(text, MOST_TEXT // 10)))


def error(text: str) -> Post:
    """Return a sentence that says what went wrong."""
    text = clip(text, MOST_TEXT)
    return Post([rich_text([Prose((Span(f"⚠️ {text}"),))])], escaped(text))


def escaped(text: str) -> str:
    """Return a text as Slack wants it where it looks for mentions, so that it finds none.

    A word joiner, which has no width, keeps the @ of "@here" apart from the word.
    """
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return BROADCAST.sub("@\u2060\\1", text)


_NOTHING: Final[Group] = (Prose((Span("There is nothing to show."),)),)
_MOST_BYLINE: Final = 600


def _packed(groups: Sequence[Group], below: int) -> list[list[Part]]:
    """Return the parts of each message, with room for the footer below the last."""
    most = MOST_WEIGHT - _MOST_BYLINE
    *before, last = pack(parts_of(groups), min(MOST_MARKDOWN, most))
    return [*before, *pack(last, min(MOST_MARKDOWN, most - below))]


def _blocks(parts: Sequence[Part]) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    rich: list[Piece] = []
    texts: list[str] = []

    def close() -> None:
        if rich:
            blocks.append(rich_text(rich))
            rich.clear()
        if texts:
            blocks.append({"type": "markdown", "text": "\n\n".join(texts)})
            texts.clear()

    for group in joined(parts):
        text = markdown(group)
        # Two lists in a row would be one to a reader of Markdown.
        if text is not None and not (texts and _is_list(texts[-1]) and _is_list(text)):
            if rich:
                close()
            texts.append(text)
            continue
        for piece in group:
            own = _own_block(piece)
            if own is not None or texts:
                close()
            if own is not None:
                blocks.append(own)
            else:
                rich.append(piece)
    close()
    return blocks


def _is_list(text: str) -> bool:
    return re.match(r"(?:-|\d+\.) ", text) is not None


def _own_block(piece: Piece) -> dict[str, Any] | None:
    match piece:
        case Rule():
            return {"type": "divider"}
        case Table():
            return table_block(piece, MOST_TABLE)
        case _:
            return None


def _fallback(parts: Sequence[Part]) -> str:
    """Return the first words as plain text."""
    return escaped("\n".join(_first_words(parts))[:MOST_TEXT].strip()) or "…"


def _first_words(parts: Sequence[Part]) -> Iterator[str]:
    length = 0
    for part in parts:
        if length > MOST_TEXT:
            return
        text = shown(part.piece)
        length += len(text)
        yield text
