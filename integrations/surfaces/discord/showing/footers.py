"""What stands below an answer in Discord: sources, what it was taken for, what can be done.

Decides which buttons an outcome gets, and the mark that all of them carry, by which a message is
known as a part of one reply and no other. Refuses to know what a press does.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from integrations.contracts.delivery import Outcome
from integrations.markdown.cutting import clip
from integrations.surfaces.beneath import (
    ASKED_BY,
    FINAL,
    JUDGED,
    OWN_WORDS,
    RATED,
    TROUBLE,
    became,
    offered,
    ordered,
    other_roles,
    read_as,
    signed,
)
from integrations.surfaces.discord.showing import ids
from integrations.surfaces.discord.showing.layout import MOST_LABEL, Button, Menu
from integrations.surfaces.discord.showing.markdown import harmless
from integrations.surfaces.pressable import pressable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from integrations.contracts.delivery import Button as Pressable
    from integrations.contracts.delivery import Citation, Delivery, Standing
    from integrations.surfaces.discord.showing.layout import Row
    from learning.interpretation.contract import Reading

PART: Final = "part"
"""What the dead button below a part is called that has no other."""


@dataclass(frozen=True, slots=True)
class Below:
    """What stands below the last part: lines of small print, and what can be pressed."""

    small: tuple[str, ...]
    rows: tuple[Row, ...]


def small(text: str) -> str:
    """Return a line of small print."""
    return f"-# {text}"


def mark_of(key: str, part: int) -> str:
    """Return the mark of a part of a reply; ``key`` is the delivery's."""
    return f"{blake2b(key.encode(), digest_size=8).hexdigest()}.{part}"


def byline(delivery: Delivery, *, part: int, parts: int, standing: Standing | None = None) -> str:
    """Return who answered, how, and that it may be wrong; with what became of it since.

    Of what answers nothing it says who wanted it, if others read it too: a mention that nobody is
    notified of. Otherwise it is empty.
    """
    interaction = delivery.target.interaction_id
    name = f"#{interaction.hex[-_SHORT:]}" if interaction else ""
    said = signed(delivery, part=part, parts=parts, name=name)
    line = " · ".join(each for each in (said, became(standing) if standing else "") if each)
    line = harmless(clip(line, _MOST_BYLINE)) if line else ""
    if ordered(delivery) and part == parts and delivery.target.user_id.isdigit():
        asked = f"{ASKED_BY} <@{delivery.target.user_id}>"
        line = f"{line} · {asked}" if line else asked
    return small(line) if line else ""


def page(delivery: Delivery, *, part: int, parts: int) -> tuple[Row, ...]:
    """Return what stands below a part that is not the last: which it is, not to be pressed."""
    mark = mark_of(delivery.key, part - 1)
    name = ids.custom_id(PART, delivery.target.interaction_id, mark=mark)
    return ((Button(f"{part} of {parts}", name, dead=True),),)


def below(delivery: Delivery, part: int) -> Below:
    """Return what stands below the whole answer, without the byline."""
    lines = list(_sources(delivery.citations))
    interaction = delivery.target.interaction_id
    mark = mark_of(delivery.key, part)
    rows: list[Row] = [*offering(delivery.buttons, mark=_brief(delivery.key))]
    if interaction is None:
        return Below(tuple(lines), tuple(rows))
    taken, others = offered(delivery)
    if taken is not None:
        lines.append(small(harmless(clip(read_as(taken, others), _MOST_LINE))))
    if others:
        rows.append(tuple(_choice(interaction, mark, each) for each in others))
    if delivery.outcome is Outcome.ASKED and taken is None:
        lines.append(small(OWN_WORDS))
    buttons = list(_buttons(delivery, interaction, mark))
    rows += [tuple(buttons[i : i + _IN_ROW]) for i in range(0, len(buttons), _IN_ROW)]
    if delivery.outcome in _UNMET:
        rows.append(_experts(delivery, interaction, mark))
    return Below(tuple(lines), tuple(rows[:_MOST_ROWS]))


def offering(buttons: Sequence[Pressable], *, mark: str = "") -> tuple[Row, ...]:
    """Return rows of what can be pressed: each gives a command, some after a dialog."""
    drawn = [
        Button(
            each.label,
            ids.custom_id(ids.ASK if each.asks else ids.RUN, says=each.line, mark=mark),
            quiet=each.style == "plain",
            danger=each.style == "danger",
        )
        for each in pressable(buttons)
    ]
    return tuple(tuple(drawn[i : i + _IN_ROW]) for i in range(0, len(drawn), _IN_ROW))


def _brief(key: str) -> str:
    """Return a mark that leaves room for a command; the command tells most of it."""
    return blake2b(key.encode(), digest_size=3).hexdigest()


_UNMET: Final = TROUBLE | {Outcome.DECLINED, Outcome.CANCELLED}
"""Outcomes after which somebody else may be asked; a menu takes a row of its own."""
_IN_ROW: Final = 5
_MOST_ROWS: Final = 5
_SHORT: Final = 8
_MOST_BYLINE: Final = 110
_MOST_LINE: Final = 96
_MOST_SOURCES: Final = 6
_MOST_THREAD: Final = 24
"""Characters of a thread's id: Discord's have at most 20."""


def _sources(citations: Sequence[Citation]) -> Iterator[str]:
    """Name as many sources as are worth a line, and say how many are not."""
    fit = len(citations) if len(citations) <= _MOST_SOURCES else _MOST_SOURCES - 1
    for each in citations[:fit]:
        yield small(f"[{each.mark}] {harmless(clip(each.label, _MOST_LINE // 2))}")
    if more := len(citations) - fit:
        yield small(f"and {more} more")


def _choice(interaction: UUID, mark: str, reading: Reading) -> Button:
    label = reading.text[:1].upper() + reading.text[1:]
    name = ids.custom_id(ids.CHOOSE, interaction, reading.id, mark=mark)
    return Button(clip(label or reading.id, MOST_LABEL), name, quiet=False)


def _buttons(delivery: Delivery, interaction: UUID, mark: str) -> Iterator[Button]:
    """Yield what can be done: little about a question of ours or a failure, more otherwise."""

    def name(does: str, says: str = "") -> str:
        return ids.custom_id(does, interaction, says, mark=mark)

    if delivery.outcome in RATED:
        yield Button("", name(ids.UP), emoji="👍")
        yield Button("", name(ids.DOWN), emoji="👎")
    if delivery.outcome in JUDGED:
        yield Button("Correct", name(ids.CORRECT))
    if delivery.outcome not in TROUBLE:
        yield Button("Why", name(ids.WHY))
    if delivery.outcome not in FINAL:
        again = delivery.outcome in TROUBLE or delivery.outcome is Outcome.CANCELLED
        thread = delivery.target.thread_id[:_MOST_THREAD]
        yield Button("Try again" if again else "Regenerate", name(ids.REGENERATE, thread))
    if delivery.outcome not in TROUBLE:
        yield Button("Forget", name(ids.FORGET))


def _experts(delivery: Delivery, interaction: UUID, mark: str) -> Menu:
    thread = delivery.target.thread_id[:_MOST_THREAD]
    return Menu(
        ids.custom_id(ids.ANOTHER, interaction, thread, mark=mark),
        "Ask another expert",
        tuple((role.display_name, role.name) for role in other_roles(delivery)),
    )
