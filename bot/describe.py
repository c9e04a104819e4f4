"""What was learned and why an answer came out as it did, in words for people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bot.opinions import signals_of
from learning import citations
from learning.confidence import permits
from learning.context import SECTIONS
from learning.feedback import DISLIKED, LIKED
from learning.reasons import given, told
from learning.roles import role
from learning.store.actions import Actions
from learning.store.contents import Contents
from learning.store.conversations import Conversations
from learning.store.feedback import Signals
from learning.store.interactions import Interactions
from learning.store.learnings import Learnings
from learning.store.memories import Memories
from learning.store.performance import Performance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from learning.actions.contract import Acted
    from learning.recollection import Recollection
    from learning.store.feedback import StoredSignal
    from learning.store.interactions import Interaction, Recall, Run
    from learning.store.learnings import Learning
    from learning.store.store import Unit

_SHORT = 8
_LINE = 100
_ID = re.compile(r"#?([0-9a-f-]{4,36})", re.IGNORECASE)
_SIGNS = {
    "regenerated": "Another answer was asked for, so this one counts as not good enough.",
    "asked_again": "The same was asked again, so this one counts as not good enough.",
    "accepted": "It was said to be right.",
    "rejected": "It was said to be wrong.",
    "thanked": "Thanks were said for it, which counts a little.",
    "copied": "It was copied, which counts a little.",
    "followed_up": "Something about it was asked at once: it left something open.",
}


def short(id_: UUID) -> str:
    """Return the end of an id: enough to name it, and what tells ids apart."""
    return id_.hex[-_SHORT:]


def suffix_of(text: str) -> str:
    """Return the end of an id as a person typed it; empty if it is none."""
    match = _ID.fullmatch(text.strip())
    return match[1].replace("-", "").lower() if match else ""


def describe_learning(learning: Learning) -> str:
    """Return one line about a learning."""
    question = one_line(learning.content["question"])
    certainty = f"confidence {learning.confidence:.2f}, {permits(learning.confidence)}"
    if learning.kind == "correction":
        rated = "" if learning.rating is None else f", rated {learning.rating:.1f}"
        return f"your correction for “{question}” ({certainty}{rated})"
    if learning.rating is not None and learning.rating >= LIKED:
        return f"a liked answer to “{question}”, to use again ({certainty})"
    return f"a disliked answer to “{question}”, to avoid ({certainty})"


async def describe_interaction(
    unit: Unit, interaction: Interaction, reader: str
) -> tuple[str, dict[str, Any]]:
    """Return why an answer came out as it did: Markdown, and the same as data."""
    interactions = Interactions(unit)
    messages = await Conversations(unit).of_interaction(interaction.id)
    recalls = await interactions.recalls_of(interaction.id)
    found = await Contents(unit).load([recall.item_id for recall in recalls])
    runs = await interactions.runs_of(interaction.id)
    explanation = interaction.explanation
    question = next((m.text for m in messages if m.by == "person"), "")
    parts = [f"**{one_line(question)}** (`#{short(interaction.id)}`)" if question else ""]
    if "corrects" in explanation:
        parts.append("This answer was written by a person, in place of one of mine.")
    own = interaction.user_id == reader
    if task := explanation.get("task"):
        parts.append(str(task))
    if own and (read := explanation.get("read")):
        parts.append(_read(read))
    if choice := explanation.get("choice"):
        parts.append(await _who(unit, explanation, choice, interaction))
    if recalls:
        lines = [_recalled(recall, found.get(recall.item_id), reader) for recall in recalls]
        parts.append("What I had in front of me:\n\n" + "\n".join(lines))
    elif question and interaction.outcome != "asked":
        parts.append("I had nothing in front of me but the question.")
    # How somebody likes answers is told where nobody reads along.
    parts += _course(explanation, own=own and interaction.audience.kind == "user")
    if runs:
        parts.append("Who was asked:\n\n" + "\n".join(_run(run) for run in runs))
    done = await Actions(unit).of_interactions([interaction.id])
    parts.append(_done(done))
    learned = await learned_from(unit, interaction)
    if learned:
        parts.append("What I learned from it:\n\n" + "\n".join(f"- {line}" for line in learned))
    why = given(signals_of(await Signals(unit).standing(interaction.id))).get(reader)
    if why is not None and why.words:  # nobody else is told what they wrote
        parts.append(f"You wrote of it: “{why.words}”")
    data = {
        "interaction": str(interaction.id),
        "outcome": interaction.outcome,
        "task_type": interaction.task_type,
        "role": interaction.role,
        "model": interaction.model,
        "policy": explanation.get("policy"),
        "forced": explanation.get("forced", ""),
        "settings": explanation.get("settings", {}),
        "next": explanation.get("next", []),
        "candidates": explanation.get("choice", []),
        "rating": interaction.rating,
        "votes": interaction.votes,
        "recalled": [
            {
                "id": str(recall.item_id),
                "kind": found[recall.item_id].kind if recall.item_id in found else "forgotten",
                "label": _label(found.get(recall.item_id), reader),
                "cited": recall.cited,
                "score": round(recall.score, 4),
                "signals": dict(recall.signals),
            }
            for recall in recalls
        ],
        "runs": [
            {
                "role": run.role,
                "model": run.model,
                "outcome": run.outcome,
                "latency_ms": round(run.latency_ms, 1),
                "cost_usd": None if run.cost_usd is None else float(run.cost_usd),
                "input_tokens": run.input_tokens,
                "output_tokens": run.output_tokens,
            }
            for run in runs
        ],
        "actions": [
            {
                "id": str(acted.id),
                "tool": acted.kind,
                "origin": acted.origin,
                "status": acted.status,
                "decided": acted.decided,
                "tries": len(acted.errors) + bool(acted.success),
                "time_ms": None if acted.time_ms is None else round(acted.time_ms, 1),
            }
            for acted in done
        ],
        "learned": learned,
        "reason": None if why is None else {"picked": list(why.picked), "text": why.words},
        "context": explanation.get("context", {}),
        "read": explanation.get("read") if own else None,
    }
    return "\n\n".join(part for part in parts if part), data


async def learned_from(unit: Unit, interaction: Interaction) -> list[str]:
    """Return, in plain sentences, what was learned from an interaction."""
    said: list[str] = []
    if interaction.rating is not None:
        people = "one person" if interaction.votes == 1 else f"{interaction.votes} people"
        said.append(f"Rated {interaction.rating:.1f} of 5 by {people}.")
    said += [
        sentence
        for learning in await Learnings(unit).of_interaction(interaction.id)
        if (sentence := _became(learning))
    ]
    said += [
        f"I remember: {memory.text}."
        for memory in await Memories(unit).from_interaction(interaction.id)
        if memory.superseded_by is None
    ]
    said += [str(sentence) for sentence in interaction.explanation.get("noticed", ())]
    signals = await Signals(unit).standing(interaction.id)
    said += _implied(signals)
    reasons = given(signals_of(signals)).values()
    said += dict.fromkeys(f"Somebody said why it is not good: {told(why)}." for why in reasons)
    if any(signal.kind == "correction" for signal in signals):
        sentence = "Somebody corrected it; the correction is used instead."
        if not any("correction has taken" in line for line in said):
            said.append(sentence)
    return said


def _became(learning: Learning) -> str:
    """Return what became of an answer that was rated or corrected; nothing if it is over."""
    if learning.superseded_by is not None:
        return "A correction has taken its place; this answer is not used again."
    if learning.valid_to is not None:
        return ""
    if learning.kind == "correction":
        return "This is a correction: the same question gets this answer from now on."
    if learning.rating is not None and learning.rating >= LIKED:
        return "It was liked: the same question gets this answer again."
    if learning.rating is not None and learning.rating <= DISLIKED:
        return "It was disliked: the same question will not get it again."
    return ""


async def _who(
    unit: Unit, explanation: Mapping[str, Any], choice: Sequence[dict[str, Any]], asked: Interaction
) -> str:
    """Return who could answer, what was expected of each, and which feedback that rests on."""
    rated = {
        (row.role, row.model): row
        for row in await Performance(unit).rows()
        if row.task_type == asked.task_type and row.mean_rating is not None
    }
    lines = []
    for c in choice:
        mark = "**" if c["role"] == asked.role else ""
        # An estimate may lie outside of what it estimates while little is known.
        expected = f"{min(max(c['score'], 0.0), 1.0):.2f}"
        if c.get("deviation"):
            expected += f" ± {c['deviation']:.2f}"
        line = f"- {mark}{role(c['role']).display_name}{mark} ({c['model']})"
        if not c["note"].startswith(("banned", "over the")):
            line += f": {expected}"
        if (row := rated.get((c["role"], c["model"]))) is not None:
            line += f", after {_answers(row.rated)} rated {row.mean_rating:.1f} of 5"
        if c.get("propensity") and not explanation.get("forced"):
            line += f", chosen {c['propensity']:.0%} of the time"
        lines.append(line + (f" — {c['note']}" if c["note"] else ""))
    said = "Who could answer, and how well each was expected to:\n\n" + "\n".join(lines)
    way = explanation.get("settings", {}).get(asked.role or "", {})
    if way.get("variant", "default") != "default":
        said += f"\n\nThe form asked for: {way['variant'].replace('+', ' and ').replace('_', ' ')}."
    if following := explanation.get("next"):
        said += f"\n\nNext in line: {', '.join(role(name).display_name for name in following)}."
    return said


def _course(explanation: Mapping[str, Any], *, own: bool) -> list[str]:
    """Return what else shaped an answer; how a person likes answers is told to them alone."""
    said = []
    if explanation.get("embedder_down"):
        said.append("The embedder was down, so words alone were searched.")
    if tokens := explanation.get("context"):
        said.append(_context(tokens))
    if own and (liked := explanation.get("persona")):
        said.append("How you like answers: " + " ".join(liked))
    if avoided := explanation.get("avoided"):
        said.append(
            f"Left out: {avoided} source{'' if avoided == 1 else 's'} that an answer you disliked "
            "was built on."
        )
    return said


def _read(read: Mapping[str, Any]) -> str:
    """Return how a request was read, and why it was asked about or not."""
    lines = [f"- {r['text']} ({r['confidence']:.0%})" for r in read["readings"]]
    sure = f"I go on by myself from {read['threshold']:.0%}"
    did = (
        f"so I asked; {sure}."
        if read["mode"] == "asked"
        else f"and I took the first; {sure}, as I have learned from your choices."
    )
    why = read["reason"].rstrip(".")
    return f"It could mean several things ({why}), {did}\n\n" + "\n".join(lines)


def _context(tokens: Mapping[str, int]) -> str:
    """Return how much room each kind of memory took in front of the question."""
    parts = ", ".join(
        f"{name.replace('rated', 'rated answers')} {tokens[name]:,}"
        for name in SECTIONS
        if tokens.get(name)
    )
    return f"About {sum(tokens.values()):,} tokens went along with the question: {parts}."


def _implied(signals: Sequence[StoredSignal]) -> list[str]:
    """Return what was understood from what people did, without their saying so."""
    said = []
    for signal in signals:
        if signal.kind in _SIGNS:
            said.append(_SIGNS[signal.kind])
        elif signal.kind == "asked_other":
            said.append(f"{role(signal.value).display_name} was asked instead.")
        elif signal.kind == "wish":
            form = signal.value.replace("+", " and ").replace("_", " ")
            said.append(f"Another form was wished for: {form}.")
    return list(dict.fromkeys(said))


def _answers(count: int) -> str:
    return f"{count} answer{'' if count == 1 else 's'} like this"


def _recalled(recall: Recall, recollection: Recollection | None, reader: str) -> str:
    used = "used" if recall.cited else "not used"
    legs = ", ".join(f"{name} {value:.2f}" for name, value in recall.signals.items() if value)
    why = f" — found by {legs}" if legs else ""
    told = "" if recollection is None or not recollection.memory else f": {recollection.text}"
    return f"- {_label(recollection, reader)}{told} ({used}){why}"


def _label(recollection: Recollection | None, reader: str) -> str:
    if recollection is None:
        return "something that has been forgotten since"
    label = citations.label(recollection, reader=reader)
    # A path such as a/__init__.py would turn bold where Markdown is read.
    return f"`{label}`" if recollection.place is not None else label


def _done(done: Sequence[Acted]) -> str:
    lines = [_acted(acted) for acted in done]
    return "What was done:\n\n" + "\n".join(lines) if lines else ""


def _acted(acted: Acted) -> str:
    """Return one line about something that was done, and why without asking."""
    took = "" if acted.time_ms is None else f" in {acted.time_ms / 1e3:.1f} s"
    again = "" if not (acted.errors and acted.success) else ", after mending the call"
    why = {"asked": "somebody said yes", "sure": "you said yes to such before", "free": ""}
    asked = f" ({said})" if (said := why.get(acted.decided)) else ""
    return f"- `{acted.kind}` (`#{short(acted.id)}`): {acted.status}{took}{again}{asked}"


def _run(run: Run) -> str:
    cost = "" if not run.cost_usd else f", ${run.cost_usd:.4f}"
    went = "answered" if run.outcome == "ok" else run.outcome.replace("_", " ")
    return f"- {role(run.role).display_name} ({run.model}): {went} in {run.latency_ms:.0f} ms{cost}"


def one_line(text: str) -> str:
    """Return a text on one line, cut to what a list has room for."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _LINE else flat[: _LINE - 1].rstrip() + "…"
