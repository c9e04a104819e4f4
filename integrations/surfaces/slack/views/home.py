"""A person's own tab in Slack, as a view.

Decides what the tab shows of what is known, what can be done with it there, and how much fits.
Refuses to know how that is found out, and who may see it. What people said is plain text:
nothing in it is read as a mention or a link.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from integrations.markdown.document import Code, Item, Prose, Table, read
from integrations.surfaces.slack.reading import ids
from integrations.surfaces.slack.speaking.rich import rich_text, shown
from integrations.surfaces.slack.views.desk import desk
from integrations.surfaces.slack.views.elements import (
    button,
    confirm,
    cut,
    header,
    plain,
    run_button,
    section,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from integrations.markdown.document import Piece

    Data = Mapping[str, Any]

MOST_ITEMS: Final = 30
"""On one page; Slack takes 100 blocks, and there is more than these."""
MOST_CHARS: Final = 280
"""Of one thing that is known; the rest is seen when it is corrected."""
MOST_NOTICE: Final = 2_000
MOST_INPUT: Final = 3_000
"""Characters that a field of a dialog takes."""
NOTHING: Final = (
    "Nothing yet. I learn from what you do with my answers: react 👍 or 👎, correct one, choose "
    "what you meant.\nOr tell me about you and your work: “I prefer TypeScript”, “I'm building a "
    "REST API”."
)
ORIGINS: Final = {
    "stated": "you said so",
    "chosen": "you chose it",
    "observed": "I noticed it",
    "inferred": "I concluded it",
}

View = dict[str, Any]
Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What a tab shows.

    Attributes:
        me: the data of the command ``me``.
        learnings: the data of ``learnings``.
        admin: the data of ``model``, for admins; else nothing.
        snapshots: those of ``model snapshots``.
    """

    me: Data = field(default_factory=dict)
    learnings: Data = field(default_factory=dict)
    admin: Data = field(default_factory=dict)
    snapshots: Sequence[Data] = ()


def home(known: Known, *, page: int = 0, notice: str = "") -> View:
    """Return a person's tab.

    Args:
        known: what there is to show.
        page: which page of what is known, from 0; past the end it is the last.
        notice: Markdown that is shown at the top, as of a command just done.
    """
    items = _items(known)
    page = max(0, min(page, (len(items) - 1) // MOST_ITEMS))
    begin = page * MOST_ITEMS
    here = items[begin : begin + MOST_ITEMS]
    blocks = [
        *([rich_text(_pieces(notice)), {"type": "divider"}] if notice else []),
        header("What Mynah knows about you"),
        *(here or [section(NOTHING)]),
        *_pages(page, len(items)),
        *([section(_likes(known.me))] if known.me.get("likes") and not page else []),
        {"type": "divider"},
        *_controls(known.me),
        {
            "type": "context",
            "elements": [plain(f"{ids.COMMAND} help lists what can be typed. I can be wrong.")],
        },
        *(desk(known.admin, known.snapshots) if known.admin else []),
    ]
    return {"type": "home", "private_metadata": str(page), "blocks": blocks}


def rewriting(item: str, text: str) -> View:
    """Return the dialog in which somebody puts right what is known of them."""
    value = {"initial_value": text} if 0 < len(text) <= MOST_INPUT else {}
    return {
        "type": "modal",
        "callback_id": ids.REWRITTEN,
        "private_metadata": item,
        "title": plain("Correct this"),
        "submit": plain("Save"),
        "close": plain("Cancel"),
        "blocks": [
            {
                "type": "input",
                "block_id": "rewriting",
                "label": plain("What is right"),
                "hint": plain("It takes the place of what I have"),
                "element": {
                    "type": "plain_text_input",
                    "action_id": ids.TEXT,
                    "multiline": True,
                    "max_length": MOST_INPUT,
                    **value,
                },
            }
        ],
    }


def _items(known: Known) -> list[Block]:
    """Return a block for each thing that is known, what was seen last first."""
    memories = [
        (memory["last_seen"], _item(memory["id"], memory["text"], _how(memory)))
        for memory in known.me.get("memories", ())
    ]
    learnings = [
        (learning["created_at"], _item(learning["id"], *_learned(learning)))
        for learning in known.learnings.get("learnings", ())
    ]
    ordered = sorted([*memories, *learnings], key=lambda each: each[0], reverse=True)
    return [block for _, block in ordered]


def _item(id_: str, text: str, detail: str) -> Block:
    return {
        **section(f"{cut(text, MOST_CHARS)}\n{detail}"),
        "accessory": {
            "type": "overflow",
            "action_id": ids.ITEM,
            "options": [
                {"text": plain("Correct…"), "value": f"correct {id_}"},
                {"text": plain("Delete"), "value": f"forget {id_}"},
            ],
        },
    }


def _how(memory: Data) -> str:
    origin = ORIGINS.get(memory["origin"], memory["origin"])
    return f"{memory['kind'].capitalize()} · {origin} · {memory['confidence']:.0%} sure"


def _learned(learning: Data) -> tuple[str, str]:
    what = "Your correction" if learning["kind"] == "correction" else "A rated answer"
    said = f"{cut(learning['question'], MOST_CHARS // 2)} → {learning['answer']}"
    return said, f"{what} · {learning['confidence']:.0%} sure"


def _likes(me: Data) -> str:
    return "How you like answers: " + " ".join(me["likes"])


def _pages(page: int, count: int) -> list[Block]:
    last = max((count - 1) // MOST_ITEMS, 0)
    newer = [button("Newer", f"{ids.PAGE}_newer", str(page - 1))] if page else []
    older = [button("Older", f"{ids.PAGE}_older", str(page + 1))] if page < last else []
    return [{"type": "actions", "elements": newer + older}] if newer or older else []


def _controls(me: Data) -> list[Block]:
    learns, nudged = me.get("learning", True), me.get("nudges", False)
    erase = run_button("Delete everything of mine", "forget-me yes", "erase") | {
        "style": "danger",
        "confirm": confirm(
            "Delete everything?",
            "Your questions, my answers to them, your reactions and what I learned are deleted "
            "for good.",
            "Delete",
        ),
    }
    return [
        {
            "type": "actions",
            "elements": [
                run_button("Stop learning from me", "off")
                if learns
                else run_button("Learn from me again", "on"),
                run_button("Turn nudges off", "nudges off", "nudges")
                if nudged
                else run_button("Turn nudges on", "nudges on", "nudges"),
                run_button("Export my data", "export"),
                erase,
            ],
        }
    ]


def _pieces(text: str) -> list[Piece]:
    """Return Markdown as rich text takes it: tables as text, rules not at all."""
    cut = text if len(text) <= MOST_NOTICE else text[:MOST_NOTICE].rsplit("\n", 1)[0] + "\n\n…"
    found: list[Piece] = []
    for piece in (each for group in read(cut) for each in group):
        match piece:
            case Table():
                found.append(Code(shown(piece)))
            case Prose() | Item() | Code():
                found.append(piece)
    return found
