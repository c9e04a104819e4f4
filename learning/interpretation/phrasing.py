"""Puts words into the slots of a phrasing, so that it reads as a person would say it.

Decides which parts of a phrasing are said, with which words, and what is left out to
stay short. Refuses to know how probable the result is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from learning.interpretation.contract import MOST_CHARS
from learning.interpretation.intents import SLOT, intents
from learning.interpretation.quotable import speakable

if TYPE_CHECKING:
    from uuid import UUID

    from learning.interpretation.known import Known, Liked, Named
    from learning.interpretation.request import Request

_OPTIONAL: Final = re.compile(r"\[([^\[\]]*)\]")
_ARTICLE: Final = re.compile(r"\b([Aa])n? (?=([\w/]+))")
_VOWEL: Final = re.compile(r"[aeio]|u(?!ni|s[ei]|se|til)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A filled phrasing, and the memories that it speaks of."""

    text: str
    used: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Slots:
    """What the slots of phrasings are filled with, for one request of one person.

    Attributes:
        request: what was asked.
        known: what is known of the person.
        sure: the preferences to use, by slot.
        object: the person's own thing of the request's topic, if a goal names one.
        host: the thing of theirs that it may belong to.
        one: the thing with its article.
        own: the thing without.
    """

    request: Request
    known: Known
    one: str
    own: str
    object: Named | None = None
    host: Named | None = None
    offered: tuple[tuple[str, Liked], ...] = ()

    def offering(self, slot: str, liked: Liked) -> Slots:
        """Return these slots with one more preference, which is offered, not taken for granted."""
        return replace(self, offered=((slot, liked),))

    def liked(self, slot: str) -> Liked | None:
        """Return the preference for a slot."""
        return dict(self.offered).get(slot) or self.known.sure.get(slot)


def filled(phrasing: str, slots: Slots) -> Phrase | None:
    """Return the phrasing in words, or ``None`` if it cannot be said, or not shortly enough.

    What is optional goes first when it gets too long, the last of it first.
    """
    optional = len(_OPTIONAL.findall(phrasing))
    for kept in range(optional, -1, -1):
        phrase = _said(phrasing, slots, kept)
        if phrase is None:
            return None
        if len(phrase.text) <= MOST_CHARS:
            return phrase if speakable(phrase.text) and not _refused(phrase, slots) else None
    return None


def slots_of(phrasing: str) -> frozenset[str]:
    """Return the names of a phrasing's slots."""
    return frozenset(match[1] for match in SLOT.finditer(phrasing))


def _said(phrasing: str, slots: Slots, kept: int) -> Phrase | None:
    used: dict[UUID, None] = {}
    seen = 0

    def optional(match: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        words = _words(match[1], slots, used, needed=True) if seen <= kept else None
        return words or ""

    text = _OPTIONAL.sub(optional, phrasing)
    words = _words(text, slots, used, needed=False)
    if words is None:
        return None
    return Phrase(" ".join(_ARTICLE.sub(_article, words).split()), tuple(used))


def _article(match: re.Match[str]) -> str:
    """Return "a" or "an", by how the next word is spoken: "an SQL query", "a REST API"."""
    spelled_out = match[2].casefold() in intents().words["an"]
    return f"{match[1]}n " if spelled_out or _VOWEL.match(match[2]) else f"{match[1]} "


def _words(text: str, slots: Slots, used: dict[UUID, None], needed: bool) -> str | None:
    """Return the text with its slots filled; ``None`` if one has nothing to say."""
    spoken: dict[UUID, None] = {}
    parts: list[str] = []
    end = 0
    for match in SLOT.finditer(text):
        name, default = match[1], None if needed else match[2]
        words = _of(name, slots, spoken) or _default(default, slots)
        if words is None:
            return None
        parts += [text[end : match.start()], words]
        end = match.end()
    used.update(spoken)
    return "".join((*parts, text[end:]))


def _of(name: str, slots: Slots, used: dict[UUID, None]) -> str | None:
    if name == "a":
        return slots.one
    if name == "your":
        if slots.object is None:
            return f"your {slots.own}"
        used[slots.object.goal.id] = None
        return f"your {slots.object.name}"
    if name in {"host", "fitted_host"}:
        return _host(slots, used, fitted=name == "fitted_host")
    liked = slots.liked(name)
    if liked is None:
        return None
    used[liked.memory.id] = None
    return liked.text


def _host(slots: Slots, used: dict[UUID, None], *, fitted: bool) -> str | None:
    """Return what the thing belongs to, with what the person's tools make of it."""
    if slots.host is None:
        return None
    used[slots.host.goal.id] = None
    if fitted:
        for liked in (slots.liked("container"), slots.liked("deployment")):
            word = intents().fitted.get(liked.value) if liked is not None else None
            if word and liked is not None:
                used[liked.memory.id] = None
                return f"your {word} {slots.host.name}"
    return f"your {slots.host.name}"


def _default(words: str | None, slots: Slots) -> str | None:
    """Return the first of the usual words that the person did not turn down."""
    if words is None:
        return None
    usual = (each for each in words.split("|") if each.casefold() not in slots.known.refused)
    return next(usual, None)


def _refused(phrase: Phrase, slots: Slots) -> bool:
    """Tell whether the phrase names something that the person turned down."""
    text = phrase.text.casefold()
    return any(
        re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) for value in slots.known.refused
    )
