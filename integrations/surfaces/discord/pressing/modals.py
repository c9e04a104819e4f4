"""Our dialogs in Discord, and what somebody wrote in one.

Decides what they ask and show, and reads what comes back. Refuses to know when they are opened:
whatever they need is in their ``custom_id``, so that one that was opened before a restart is
still understood after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from integrations.markdown.cutting import clip, size
from integrations.surfaces.discord.showing import ids
from integrations.surfaces.sayings import REASONS, STARS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from uuid import UUID

    from integrations.contracts.delivery import Button

MOST_INPUT: Final = 3_000
"""Characters that a field of a dialog takes: Discord's own limit is 4,000."""
MOST_ASKED: Final = 45
"""Of a title, or of what stands above a field; ``MOST_DETAIL`` of the words below that."""
MOST_DETAIL: Final = 100

_YOURS: Final = "Your answer takes the place of mine, for you and whoever reads it"


def correction(interaction_id: UUID, answer: str) -> ui.Modal:
    """Return the dialog in which somebody writes what the answer should have been.

    It begins with the answer as it is, if that fits.
    """
    begins = answer if len(answer) <= MOST_INPUT else None
    field = _field(ids.TEXT, required=True, begins=begins)
    label = ui.Label[Any](text="The right answer", description=_YOURS, component=field)
    return _dialog("Correct this answer", ids.CORRECTED, interaction_id, label)


def reason(interaction_id: UUID) -> ui.Modal:
    """Return the dialog that asks why an answer was not good. Nothing in it has to be said."""
    options = [discord.SelectOption(label=text, value=name) for name, text in REASONS.items()]
    picked = ui.Select[Any](
        custom_id=ids.REASONS,
        options=options,
        min_values=0,
        max_values=len(options),
        required=False,
    )
    return _dialog(
        "Why was it not good?",
        ids.REASON,
        interaction_id,
        ui.Label(text="What is it?", component=picked),
        ui.Label(text="In your words", component=_field(ids.TEXT)),
        ui.Label(
            text="The right answer, if you know it", description=_YOURS, component=_field(ids.RIGHT)
        ),
    )


def stars(interaction_id: UUID, says: str = "") -> ui.Modal:
    """Return the dialog in which somebody gives an answer stars.

    What else it says is the guild of an answer in direct messages: the message does not come along.
    """
    named = reversed(list(enumerate(STARS, start=1)))
    options = [discord.SelectOption(label=f"{'★' * n} {name}", value=str(n)) for n, name in named]
    picked = ui.Select[Any](custom_id=ids.RATING, options=options)
    label = ui.Label[Any](text="How good is it?", component=picked)
    return _named("Rate this answer", ids.custom_id(ids.STARRED, interaction_id, says), label)


def wording(button: Button) -> ui.Modal:
    """Return the dialog of a button that asks for words before it gives its command."""
    field = _field(ids.TEXT, required=True, begins=button.filled[:MOST_INPUT])
    asks = button.asks or button.label
    label = ui.Label[Any](
        text=clip(asks, MOST_ASKED),
        description=clip(asks, MOST_DETAIL) if size(asks) > MOST_ASKED else None,
        component=field,
    )
    made = ids.custom_id(ids.WORDED, says=button.line)
    return _named(clip(button.label, MOST_ASKED), made, label)


def written(data: Mapping[str, Any], custom_id: str) -> str:
    """Return what was written in a field; nothing if it is not there."""
    value = next((x.get("value") for x in _fields(data) if x.get("custom_id") == custom_id), "")
    return value if isinstance(value, str) else ""


def picked(data: Mapping[str, Any], custom_id: str) -> tuple[str, ...]:
    """Return what was picked from a menu; nothing if it is not there."""
    values = next((x.get("values") for x in _fields(data) if x.get("custom_id") == custom_id), ())
    return tuple(value for value in values or () if isinstance(value, str))


def _fields(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the fields of a dialog, whether each stands in a label or, as of old, in a row."""
    for component in data.get("components") or ():
        if isinstance(inner := component.get("component"), dict):
            yield inner
        yield from component.get("components") or ()


def _dialog(title: str, does: str, interaction_id: UUID, *labels: ui.Label[Any]) -> ui.Modal:
    return _named(title, ids.custom_id(does, interaction_id), *labels)


def _named(title: str, custom_id: str, *labels: ui.Label[Any]) -> ui.Modal:
    modal = ui.Modal(title=title, custom_id=custom_id)
    for label in labels:
        modal.add_item(label)
    # Nobody waits for it in this process: whoever hears of it understands it by its name.
    modal.stop()
    return modal


def _field(
    custom_id: str, *, required: bool = False, begins: str | None = None
) -> ui.TextInput[Any]:
    return ui.TextInput(
        custom_id=custom_id,
        style=discord.TextStyle.long,
        required=required,
        max_length=MOST_INPUT,
        default=begins or None,
    )
