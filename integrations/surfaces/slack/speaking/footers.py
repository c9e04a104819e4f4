"""What stands below an answer: sources, what it was taken for, and what can be done about it.

Decides which buttons an outcome gets. Refuses to know what a press of one does, and how an
answer itself is shown. All text here is plain text, in which Slack finds nothing to read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

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
    other_roles,
    read_as,
    signed,
)
from integrations.surfaces.pressable import pressable
from integrations.surfaces.slack.reading import ids

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from integrations.contracts.delivery import Button, Citation, Delivery, Standing
    from learning.interpretation.contract import Reading

Block = dict[str, Any]


def context(*texts: str) -> Block:
    """Return a line of small grey text, at most ten texts long."""
    elements = [_text(each, _MOST_CONTEXT) for each in texts[:_MOST_ELEMENTS]]
    return {"type": "context", "elements": elements}


def byline(
    delivery: Delivery, *, part: int, parts: int, standing: Standing | None = None, asker: str = ""
) -> list[Block]:
    """Return who answered, how, and that it may be wrong; with which part of it this is.

    What became of the answer since stands beside it. Of what answers nothing it says who wanted
    it, by a name that nobody is notified of; without one there is no such line.
    """
    told = (
        signed(delivery, part=part, parts=parts),
        became(standing) if standing else "",
        f"{ASKED_BY} {asker}" if asker and part == parts else "",
    )
    said = [each for each in told if each]
    return [context(*said)] if said else []


def footer(delivery: Delivery) -> list[Block]:
    """Return what stands below the whole answer, without the byline."""
    blocks = offering(delivery.buttons)
    if delivery.citations:
        blocks.append(_sources(delivery.citations))
    if delivery.target.interaction_id is None:
        return blocks
    blocks += _readings(delivery)
    if delivery.outcome in RATED:
        blocks.append(_feedback(delivery))
    blocks.append({"type": "actions", "elements": list(_buttons(delivery))})
    return blocks


def offering(buttons: Sequence[Button]) -> list[Block]:
    """Return a row of what can be pressed: each gives a command, some after a dialog."""
    elements: list[Block] = []
    room = _MOST_VALUES
    for number, each in enumerate(pressable(buttons)):
        drawn = _command(number, each)
        if len(drawn["value"]) > room:  # what stands in its field at first is found elsewhere
            drawn = _command(number, replace(each, filled=""))
        room -= len(drawn["value"])
        elements.append(drawn)
    return [{"type": "actions", "elements": elements}] if elements else []


_MOST_CONTEXT: Final = 300
_MOST_SOURCE: Final = 120
_MOST_ELEMENTS: Final = 10
_MOST_BUTTON: Final = 75
_MOST_OPTIONS: Final = 5
_MOST_VALUES: Final = 4_000
"""Characters that the values of a row of buttons take of a message."""


def _command(number: int, button: Button) -> Block:
    drawn = _button(button.label, f"{ids.RUN}_{number}", button.line)
    if button.asks:
        drawn |= {"action_id": f"{ids.ASK}_{number}", "value": ids.asking(button)}
    return drawn if button.style == "plain" else drawn | {"style": button.style}


def _sources(citations: Sequence[Citation]) -> Block:
    """Name as many sources as fit into one line of context, and say how many do not."""
    fit = len(citations) if len(citations) <= _MOST_ELEMENTS else _MOST_ELEMENTS - 1
    named = [clip(f"[{each.mark}] {each.label}", _MOST_SOURCE) for each in citations[:fit]]
    more = len(citations) - fit
    return context(*named, *([f"and {more} more"] if more else []))


def _readings(delivery: Delivery) -> list[Block]:
    """Offer the readings; if one was taken already, say which, and offer the others."""
    taken, others = offered(delivery)
    blocks: list[Block] = []
    if taken is not None:
        blocks.append(context(read_as(taken, others)))
    if others:
        elements = [_choice(delivery, each) for each in others]
        blocks.append({"type": "actions", "elements": elements})
    if delivery.outcome is Outcome.ASKED and taken is None:
        blocks.append(context(OWN_WORDS))
    return blocks


def _choice(delivery: Delivery, reading: Reading) -> Block:
    label = reading.text[:1].upper() + reading.text[1:]
    value = f"{delivery.target.interaction_id}:{reading.id}"
    return _button(label or reading.id, f"{ids.CHOOSE}_{reading.id}", value)


def _feedback(delivery: Delivery) -> Block:
    interaction = delivery.target.interaction_id
    element = {
        "type": "feedback_buttons",
        "action_id": ids.FEEDBACK,
        "positive_button": {
            "text": _text("Helpful"),
            "accessibility_label": "This answer was helpful",
            "value": f"{ids.GOOD}:{interaction}",
        },
        "negative_button": {
            "text": _text("Not helpful"),
            "accessibility_label": "This answer was not helpful",
            "value": f"{ids.BAD}:{interaction}",
        },
    }
    return {"type": "context_actions", "elements": [element]}


def _buttons(delivery: Delivery) -> Iterator[Block]:
    """Yield what can be done: little about a question of ours or a failure, more otherwise."""
    value = str(delivery.target.interaction_id)
    again = delivery.outcome in TROUBLE or delivery.outcome is Outcome.CANCELLED
    if delivery.outcome in JUDGED:
        yield _button("Correct", ids.CORRECT, value)
    if delivery.outcome not in TROUBLE:
        yield _button("Why", ids.WHY, value)
        yield _button("Forget", ids.FORGET, value) | {"confirm": _CONFIRM}
    if delivery.outcome not in FINAL:
        yield _button("Try again" if again else "Regenerate", ids.REGENERATE, value)
        yield _experts(delivery)


def _experts(delivery: Delivery) -> Block:
    options = [
        {
            "text": _text(f"Ask {role.display_name}"),
            "value": f"{delivery.target.interaction_id}:{role.name}",
        }
        for role in other_roles(delivery)[:_MOST_OPTIONS]
    ]
    return {"type": "overflow", "action_id": ids.ANOTHER, "options": options}


def _button(label: str, action_id: str, value: str) -> Block:
    return {
        "type": "button",
        "text": _text(label, _MOST_BUTTON),
        "action_id": action_id,
        "value": value,
    }


def _text(text: str, most: int = _MOST_BUTTON) -> Block:
    return {"type": "plain_text", "text": clip(text, most), "emoji": False}


_CONFIRM: Final = {
    "title": _text("Forget this answer?"),
    "text": {
        "type": "plain_text",
        "text": "Mynah forgets the question, the answer and what was learned from them.",
        "emoji": False,
    },
    "confirm": _text("Forget"),
    "deny": _text("Keep"),
}
