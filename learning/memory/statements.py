"""Decides what a message says of its writer: what they want, like, use and gave up.

Rules only, from ``statements.toml``; English well, German, French and Spanish in their commonest
forms. Refuses to know what is remembered already. Precision first: a question, a hypothesis,
irony, a report of somebody else, an order to a model and a secret are no statements, and what
is not understood is left to the message itself, which is kept as it was said.

How a draft's ``value`` is to be read: a folded name ("fly", "short answers"); "not:x" for what
is disliked, unwanted or given up; "done:x" and "dropped:x", of kind history, for a goal that was
reached or given up; empty for goals and for what was to be remembered word for word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from learning.memory.contract import Draft
from learning.memory.objects import (
    AT_HAND,
    MOST_GOAL,
    goal,
    instead_of,
    is_at_hand,
    is_name,
    is_phrase,
    is_place,
    is_zone,
    items,
    named_things,
    same_head,
    single_thing,
    tells,
)
from learning.memory.phrases import Clause, Frame, clauses, left_alone, phrases, secret
from learning.memory.quoted import own_words
from learning.memory.things import (
    NOT,
    folded,
    is_exclusive,
    is_taste,
    said,
    thing,
    things_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

DONE: Final = "done:"
DROPPED: Final = "dropped:"

_SURE: Final = 1.0
_LIKELY: Final = 0.8
"""Confidence where the words do not name a known thing, or may be meant for this once."""
MOST_KEPT: Final = 300
_PAST: Final = re.compile(
    r"\b(?:was|were|did|had|went|yesterday|ago|last|\w{3,}ed)\b", re.IGNORECASE
)
_OURS: Final = re.compile(
    r"(?:i|i'm|i've|i'd|my|mine|we|we're|we've|our|ours|the|this|these|there|all|every|it|it's"
    r"|ich|mein\w*|wir|unser\w*|je|j'\w+|mon|ma|mes|notre|nos|yo|mi|mis|nuestr[oa]s?)\b",
    re.IGNORECASE,
)
_ARTICLE: Final = re.compile(r"^(?:the|our|my|an?|this|that) ", re.IGNORECASE)
_FEELS: Final = frozenset({"like", "dislike"})
_DOES: Final = frozenset({"use", "unused", "stop", "deploy", "switch", "is"})
_AGAINST: Final = frozenset({"dislike", "never", "unused", "stop"})


@dataclass(frozen=True, slots=True)
class Read:
    """What a message says of its writer.

    Attributes:
        drafts: what is to be remembered, in the message's order.
        contradictions: sentences for the person: what was left out because it cannot both hold.
    """

    drafts: tuple[Draft, ...] = ()
    contradictions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Stated:
    """A draft, the clause and frame it was read from, and what filled the frame."""

    draft: Draft
    clause: Clause
    frame: Frame
    said_of: Mapping[str, str]


def read(text: str, now: datetime, ours: Sequence[str] = ()) -> Read:
    """Return what a message states of its writer; nothing, rather than something doubtful.

    Args:
        text: the message, of any length and in any language.
        now: when it was said, aware: what "until Friday" counts from.
        ours: what Mynah said before; whoever repeats it states nothing.
    """
    stated: list[_Stated] = []
    last: tuple[_Stated, ...] = ()
    for clause in clauses(own_words(text, ours), now):
        found = tuple(_all(clause))
        if not found and clause.corrects and _follows(clause, last):
            old, found = _instead(clause, last)
            gone = old if found else last if clause.retracts else ()
            stated = [each for each in stated if each not in gone]
        kept = tuple(each for each in found if may_be_kept(each.draft.text))
        stated.extend(kept)
        last = kept or last
    held, contradictions = _settled(stated)
    return Read(tuple(dict.fromkeys(each.draft for each in held)), contradictions)


def _all(clause: Clause) -> Iterator[_Stated]:
    """Yield what a clause states; of what is to be remembered, each part or else the whole."""
    parts = [tuple(_statements(part)) for part in clause.parts]
    if len(parts) > 1 and any(parts):
        for part, read_ in zip(clause.parts, parts, strict=True):
            yield from read_ or _word_for_word(part)
    else:
        yield from tuple(_statements(clause)) or (_word_for_word(clause) if clause.to_keep else ())


def _statements(clause: Clause) -> Iterator[_Stated]:
    """Yield what the first frame that makes sense of a clause reads in it."""
    for frame in phrases().frames:
        for pattern in frame.patterns:
            if (match := pattern.fullmatch(clause.text)) is None:
                continue
            said_of = {k: v.strip(" ,.") for k, v in match.groupdict().items() if v}
            if drafts := tuple(_drafts(frame, said_of)):
                for draft in drafts:
                    yield _Stated(replace(draft, until=clause.until), clause, frame, said_of)
                return


def _drafts(frame: Frame, said_of: Mapping[str, str]) -> Iterator[Draft]:
    what = said_of.get("what", "")
    match frame.act:
        case "goal":
            if text := goal(what):
                yield Draft("goal", text, confidence=_LIKELY, tags=_tags(text))
        case "done" | "dropped":
            yield from _ended(frame.act, what, said_of.get("verb", ""))
        case "switch":
            yield from _switch(what, said_of.get("from", ""))
        case "is":
            yield from _attribute(said_of)
        case "name" | "pronouns" | "place" | "zone":
            yield from _person(frame.act, what, said_of.get("from", ""))
        case "diet" | "allergic":
            yield from _eating(frame.act, what)
        case _:
            yield from _liking(frame, what, said_of.get("verb", "").casefold())


def _eating(act: str, what: str) -> Iterator[Draft]:
    """Yield what somebody eats, or must not."""
    if act == "allergic" and is_phrase(what):
        yield _preference(f"is allergic to {what}", "", NOT + folded(what), _LIKELY)
    elif act == "diet" and (known := thing(what)) is not None and known.slot == "diet":
        yield _preference(said(known.slot, known.name), known.slot, known.value)


def _liking(frame: Frame, what: str, verb: str) -> Iterator[Draft]:
    """Yield one preference for each thing of a list, or one for a phrase as a whole."""
    against = NOT if frame.act in _AGAINST else ""
    tells = frame.verb.replace("{verb}", verb)
    named = named_things(what)
    if named:
        several = {t.slot for t, _ in named if sum(t.slot == o.slot for o, _ in named) > 1}
        for known, where in named:
            slot = "deployment" if frame.act == "deploy" else known.slot
            loose = frame.act in {"like", "dislike"} and not is_taste(slot)
            # Two editors, or one for notes only, leave room for another.
            if is_exclusive(slot) and (loose or where or slot in several):
                slot = ""
            text = f"{tells} {known.name}{f' {where}' if where else ''}"
            yield _preference(text, slot, against + known.value)
    elif frame.known or (against and is_name(what)):
        return  # an unknown name may be somebody's
    elif len(parts := items(what)) > 1 and any(thing(part) for part in parts):
        for part in parts:
            yield from _liking(frame, part, verb)
    elif (frame.named and is_name(what)) or (not frame.named and is_phrase(what)):
        slot = "deployment" if frame.act == "deploy" else ""
        yield _preference(f"{tells} {what}", slot, against + folded(what), _LIKELY)


def _switch(what: str, gone: str) -> Iterator[Draft]:
    """Yield what somebody changed to; at least one of both must be known."""
    new, old = single_thing(what), single_thing(gone)
    if new is not None:
        replaces = old.value if old else folded(gone) if is_name(gone) else ""
        yield replace(_preference(said(new.slot, new.name), new.slot, new.value), replaces=replaces)
    elif old is not None and is_name(what):
        draft = _preference(said(old.slot, what), old.slot, folded(what), _LIKELY)
        yield replace(draft, replaces=old.value)


def _attribute(said_of: Mapping[str, str]) -> Iterator[Draft]:
    """Yield "my editor is Vim" and "my favourite colour is green"."""
    what, noun = said_of["what"], folded(said_of["noun"])
    slot = phrases().nouns.get(noun, "")
    favourite = said_of.get("fav", "").casefold().startswith("favo")
    known = thing(what)
    if slot == "timezone":
        yield from _person("zone", what, "")
    elif slot and known is not None:
        yield _preference(said(known.slot, known.name), known.slot, known.value)
    elif slot and is_name(what):
        yield _preference(f"uses {what} as {noun}", slot, folded(what), _LIKELY)
    elif favourite and not slot and is_phrase(what):
        name = known.name if known else what
        text = f"favourite {noun} is {name}"
        yield _preference(text, f"favourite {noun}", folded(name))


def _person(act: str, what: str, gone: str) -> Iterator[Draft]:
    leave = phrases().leave
    if act == "name":
        if what[0].isupper() and not leave["names"].fullmatch(what):
            yield _preference(f"is called {what}", "name", folded(what))
    elif act == "pronouns":
        yield _preference(f"goes by {what.lower()}", "pronouns", folded(what))
    elif act == "zone":
        if is_zone(what):
            yield _preference(f"is in the time zone {what}", "timezone", folded(what), _LIKELY)
    elif is_place(what) and (not gone or is_place(gone)):
        draft = _preference(f"is in {what}", "location", folded(what), _LIKELY)
        yield replace(draft, replaces=folded(gone))


def _ended(act: str, what: str, verb: str) -> Iterator[Draft]:
    """Yield a goal that was reached or given up; ``reconcile`` finds out which."""
    leave = phrases().leave
    if act == "done" and (known := thing(what)) is not None:
        # Nobody finishes a technology: who is done with Vercel has left it.
        if verb.casefold() in {"done", "finished"}:
            yield _preference(f"no longer uses {known.name}", known.slot, NOT + known.value)
        return
    what = re.sub(r"^(?:The|Our|My|It|This|That)\b", lambda m: m[0].lower(), what)
    plain = _ARTICLE.sub("", what)
    if folded(what) not in AT_HAND and is_at_hand(what):
        return  # "finished that one"
    lasting = plain != what or leave["finished"].match(what) or things_in(what)
    if not lasting or len(what.split()) > MOST_GOAL:
        return  # "finished lunch"
    if act == "done":
        deed = verb.casefold()
        text, prefix = f"{'finished' if deed == 'done' else deed} {what}", DONE
    elif leave["make"].match(what):
        text, prefix = f"no longer wants to {what}", DROPPED
    else:
        text, prefix = f"gave up {what}", DROPPED
    yield Draft("history", text, value=prefix + folded(plain), confidence=_LIKELY)


def _word_for_word(clause: Clause) -> Iterator[_Stated]:
    """Yield what a person asked to be remembered, if it is about them or their work."""
    leave, text = phrases().leave, clause.text
    if not text or len(text) > MOST_KEPT or left_alone(text) or not tells(text):
        return
    if leave["not_ours"].search(text) or leave["relatives"].search(text):
        return
    if is_name(leave["i_am"].sub("", text)) and not leave["peoples"].search(text):
        return  # "I am Bob" may be anybody's name, or anything
    if not _OURS.match(text) and thing(text.split(" ", 1)[0]) is None:
        return
    draft = Draft("history" if _PAST.search(text) else "insight", text, tags=_tags(text))
    yield _Stated(draft, clause, Frame("keep", "", known=False, named=False, patterns=()), {})


def _follows(clause: Clause, last: Sequence[_Stated]) -> bool:
    """Return whether a clause stands right after the last statement, so that it may correct it."""
    return bool(last) and clause.sentence - last[-1].clause.sentence <= 1


def _instead(
    clause: Clause, last: Sequence[_Stated]
) -> tuple[tuple[_Stated, ...], tuple[_Stated, ...]]:
    """Return the statement that a clause mends and what it then says: "sorry, I meant tabs"."""
    meant = phrases().leave["instead"].sub("", clause.text, count=1)
    for old in reversed(last):
        what = instead_of(meant, old.said_of.get("what", ""))
        drafts = tuple(_drafts(old.frame, {**old.said_of, "what": what})) if what else ()
        if len(drafts) == 1 and _mends(clause, meant, old, drafts[0]):
            draft = replace(drafts[0], until=clause.until or old.draft.until)
            return (old,), (replace(old, draft=draft, clause=clause),)
    return (), ()


def _mends(clause: Clause, meant: str, old: _Stated, draft: Draft) -> bool:
    """Return whether a draft can be what was meant by the statement before it."""
    if (known := thing(meant)) is not None:
        value = old.draft.value.removeprefix(NOT)
        named = things_in(old.draft.text)
        before = next((t for t in named if not value or t.value == value), None)
        before = before or thing(value)
        placed = old.draft.slot and old.draft.slot == draft.slot
        return bool(placed) or (before is not None and before.slot == known.slot)
    if old.frame.act in {"name", "place"}:
        return clause.denies
    return same_head(meant, old.said_of["what"])


def _settled(stated: Sequence[_Stated]) -> tuple[list[_Stated], tuple[str, ...]]:
    """Return the statements that hold beside each other, and what was left out and why.

    Of two that clash the later one holds if it corrects the earlier; otherwise neither does.
    """
    left: set[int] = set()
    corrected: set[int] = set()
    clashes: list[tuple[int, int]] = []
    for later, each in enumerate(stated):
        rivals = [n for n in range(later) if _clash(stated[n], each)]
        left.update(rivals)
        if rivals and _corrects(each):
            corrected.update(rivals)
        elif rivals:
            left.add(later)
            clashes.extend((n, later) for n in rivals)
    kept = [each for n, each in enumerate(stated) if n not in left]
    told = (
        f"You said both “{stated[a].clause.said}” and “{stated[b].clause.said}”: "
        "I kept neither. Say which one holds."
        for a, b in clashes
        if not {a, b} & corrected
    )
    return kept, tuple(dict.fromkeys(told))


def _clash(one: _Stated, other: _Stated) -> bool:
    """Return whether two statements cannot both hold at the same time."""
    a, b = one.draft, other.draft
    if _rephrased(one, other):
        return True
    if a.kind != "preference" or b.kind != "preference" or a.until != b.until:
        return False
    if a.value.removeprefix(NOT) == b.value.removeprefix(NOT):
        # What one uses at work one may well hate, but not what one always uses.
        acts = {one.frame.act, other.frame.act}
        return a.value != b.value and not (acts & _FEELS and acts & _DOES)
    both = not a.value.startswith(NOT) and not b.value.startswith(NOT)
    return both and a.slot == b.slot and is_exclusive(a.slot)


def _rephrased(one: _Stated, other: _Stated) -> bool:
    """Return whether the other says the one anew: "I like long talks. No, I like short ones."""
    return (
        other.clause.denies
        and one.frame.act == other.frame.act
        and not one.draft.slot
        and not other.draft.slot
        and one.draft.text != other.draft.text
        and same_head(other.said_of.get("what", ""), one.said_of.get("what", ""))
    )


def _corrects(stated: _Stated) -> bool:
    return (
        stated.clause.corrects
        or stated.frame.act in {"switch", "stop"}
        or re.search(r"\bnow\b", stated.clause.said, re.IGNORECASE) is not None
    )


def may_be_kept(text: str) -> bool:
    """Return whether a text can be a memory: no orders to a model, no secrets, not too long."""
    orders = phrases().leave["orders"].search(text)
    return orders is None and not secret(text) and len(text) <= MOST_KEPT


def _preference(text: str, slot: str, value: str, confidence: float = _SURE) -> Draft:
    tags = tuple(t for t in (slot, value.removeprefix(NOT)) if t)
    return Draft("preference", text, slot=slot, value=value, confidence=confidence, tags=tags)


def _tags(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t.value for t in things_in(text)))
