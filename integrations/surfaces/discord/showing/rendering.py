"""Deliveries as Discord's messages.

Decides what a reply looks like and how it becomes several messages: an answer with sources is
one layout if it fits into one, everything else is content, and what would take too many messages
goes along as a file. Refuses to know how they are sent; whoever sends them lets them mention
nobody.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from integrations.contracts.delivery import Outcome
from integrations.markdown.cutting import size
from integrations.markdown.document import Prose, Span, read, sendable
from integrations.surfaces.discord.showing import ids
from integrations.surfaces.discord.showing.footers import below, byline, mark_of, page, small
from integrations.surfaces.discord.showing.layout import (
    FILE,
    MOST_CONTENT,
    MOST_LAYOUT,
    Button,
    Post,
)
from integrations.surfaces.discord.showing.splitting import pack, parts_of, shown
from learning.interpretation.contract import ASKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from integrations.contracts.delivery import Delivery, Standing
    from integrations.markdown.document import Group
    from integrations.surfaces.discord.showing.footers import Below
    from integrations.surfaces.discord.showing.splitting import Part

MOST_POSTS: Final = 5
"""Messages in a row from which on a file reads better."""
DRAFT: Final = "draft"
"""What the dead button below a reply is called that is being written."""
WRITING: Final = "Writing…"
BELOW: Final = "below"
"""What the dead button is called below the detail of a reply."""
DETAIL: Final = "In detail"


def render(
    delivery: Delivery, standing: Standing | None = None, *, messages: int = 0
) -> tuple[Post, ...]:
    """Return the messages that show a reply, in order; what can be done is below the last.

    Args:
        delivery: the reply.
        standing: what became of it, if it was shown before; its messages stay as many.
        messages: how many messages it is in, if it was shown before.
    """
    asks = delivery.outcome is Outcome.ASKED and delivery.target.interaction_id is not None
    text = ASKING if asks and delivery.readings else delivery.text
    parts = _parts(text)
    if len(text) > _HUGE:
        return (_filed(delivery, parts, standing),)
    packed = pack(parts, MOST_CONTENT, _room(delivery))
    if delivery.citations or (messages == 1 and len(packed) > 1):
        laid = _laid(delivery, parts, standing)
        if laid is not None:
            return (laid,)
    if len(packed) > MOST_POSTS:
        return (_filed(delivery, parts, standing),)
    return _split(delivery, packed, standing)


def said(text: str) -> tuple[Post, ...]:
    """Return Markdown as messages, without the line that says who answered."""
    parts = _parts(text)
    packed = pack(parts, MOST_CONTENT, MOST_CONTENT)
    if len(packed) <= MOST_POSTS and len(text) <= _HUGE:
        return tuple(Post(shown(each)) for each in packed)
    first = pack(parts, MOST_CONTENT - _MOST_NOTE, MOST_CONTENT)[0]
    return (Post(shown(first), (_NOTE,), file=sendable(text)),)


def render_below(delivery: Delivery) -> tuple[Post, ...]:
    """Return the messages that refer to a reply with the detail of it; each can be found again."""
    if not delivery.below.strip():
        return ()
    posts = said(delivery.below)
    marks = (mark_of(f"{delivery.key}:below", part) for part in range(len(posts)))
    return tuple(
        replace(post, rows=((Button(DETAIL, ids.custom_id(BELOW, mark=mark), dead=True),),))
        for post, mark in zip(posts, marks, strict=True)
    )


def draft(text: str, interaction_id: UUID | None) -> Post:
    """Return a reply as far as it is written: as much of it as one message shows."""
    parts = _parts(text)[:_MOST_PARTS]
    first = pack(parts, MOST_CONTENT, MOST_CONTENT)[0]
    return Post(shown(first), rows=((Button(WRITING, draft_name(interaction_id), dead=True),),))


def draft_name(interaction_id: UUID | None) -> str:
    """Return the ``custom_id`` by which a draft is found again."""
    return ids.custom_id(DRAFT, interaction_id)


_NOTHING: Final[Group] = (Prose((Span("There is nothing to show."),)),)
_NOTE: Final = small(f"That is the beginning: all of it is in {FILE}")
_MOST_NOTE: Final = 80
_MOST_STANDING: Final = 60
"""Characters that what became of an answer may take; there is room for them from the start."""
_MOST_PARTS: Final = 200
_HUGE: Final = 30_000
"""Characters of an answer from which on it is a file, without a look at how it would be split."""
_BEGINNING: Final = 8_000
_ENOUGH: Final = 1_500
"""Parts that never fit into ``MOST_POSTS``: each takes some characters beside its own."""


def _parts(text: str) -> list[Part]:
    """Return the parts of a text, or of its beginning, if it is a file in any case."""
    text = text[:_BEGINNING] if len(text) > _HUGE else text
    return list(islice(parts_of(read(text) or [_NOTHING]), _ENOUGH))


def _room(delivery: Delivery, *more: str) -> int:
    """Return how many characters of the answer fit into its last message."""
    lines = (*more, *_lines(delivery, below(delivery, 0), part=1, parts=MOST_POSTS))
    return MOST_CONTENT - sum(size(each) + 1 for each in lines) - _MOST_STANDING


def _lines(
    delivery: Delivery,
    under: Below,
    *,
    part: int,
    parts: int,
    standing: Standing | None = None,
) -> tuple[str, ...]:
    """Return the small print below a part."""
    signed = byline(delivery, part=part, parts=parts, standing=standing)
    return (*under.small, signed) if signed else under.small


def _split(
    delivery: Delivery, packed: Sequence[Sequence[Part]], standing: Standing | None
) -> tuple[Post, ...]:
    """Return the reply as content, in as many messages as it takes."""
    many = len(packed)
    under = below(delivery, many - 1)
    posts = [
        Post(shown(each), rows=page(delivery, part=i, parts=many))
        for i, each in enumerate(packed[:-1], 1)
    ]
    lines = _lines(delivery, under, part=many, parts=many, standing=standing)
    return (*posts, Post(shown(packed[-1]), lines, under.rows))


def _laid(delivery: Delivery, parts: Sequence[Part], standing: Standing | None) -> Post | None:
    """Return the reply as one layout, if it fits into one."""
    under = below(delivery, 0)
    lines = _lines(delivery, under, part=1, parts=1, standing=standing)
    taken = sum(size(each) + 1 for each in lines) + _MOST_STANDING
    if sum(part.cost for part in parts) > MOST_LAYOUT - taken:
        return None
    return Post(shown(parts), lines, under.rows, layout=True)


def _filed(delivery: Delivery, parts: Sequence[Part], standing: Standing | None) -> Post:
    """Return the beginning of the reply with all of it as a file."""
    under = below(delivery, 0)
    lines = (_NOTE, *_lines(delivery, under, part=1, parts=1, standing=standing))
    room = _room(delivery, _NOTE)
    first = pack(parts, room, room)[0]
    return Post(shown(first), lines, under.rows, file=sendable(delivery.text))
