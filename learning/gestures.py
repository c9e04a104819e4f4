"""What a short message says about the answer before it, and whether a question goes on from it.

Decides whether *all* of a message is thanks, approval or refusal, by the phrases in
``gestures.toml``: English, German, French and Spanish. Refuses to know who wrote it and how much
it counts. Precision first: one clause that is about anything else, a question mark, quotation
marks or a sign of irony, and the message says nothing. "Thanks, but how do I …" is a question.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final, Literal

from learning.feedback import BEST, DISLIKED, LIKED, RATINGS, WORST, canonical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Gesture = Literal["thanks", "accepted", "rejected"]

MOST_CHARS: Final = 120
"""A longer message has something of its own to say."""
FOLLOWS_WITHIN_S: Final = 60.0
"""A question that comes later than this was thought of afterwards."""
GOES_ON: Final = 0.4
"""The share of a question's words that an answer must have spoken of."""


@dataclass(frozen=True, slots=True)
class _Forms:
    """The phrases, ready for use."""

    clauses: Mapping[str, re.Pattern[str]]
    ironic: tuple[str, ...]
    ironic_emoji: frozenset[str]


def gesture(text: str, *, asked: bool = False) -> Gesture | None:
    """Return what a message says about the answer before it; ``None`` if it is about more.

    Approval outranks the thanks beside it. A refusal outranks the politeness before it ("thanks,
    but that's wrong"); who refuses first and approves then has said too much to be counted.

    Args:
        text: the message.
        asked: the answer ended with a question, so "no" and "that's right" answer that.
    """
    if len(text) > MOST_CHARS or "\n" in text.strip() or _ASKS_OR_QUOTES.search(text):
        return None
    stars, words = _apart(text)
    if stars is None:
        return None
    folded = _folded(words)
    if _ironic(folded):
        return None
    said = [kind for clause in _CLAUSES.split(folded) for kind in _kinds(_bare(clause))]
    if not said:
        return _by_emoji(stars)
    if None in said or (asked and not _ANSWERING.isdisjoint(said)):
        return None
    found = _together([kind for kind in said if kind != "filler"])
    return None if _belied(found, stars) else found


def follows_up(
    text: str, asked: Mapping[str, float], before: Mapping[str, float], after_s: float
) -> bool:
    """Tell whether a further question goes on from an answer that was just given.

    Only what ends with a question mark does: who wants the next thing done says so, and that
    leaves nothing open.

    Args:
        text: the question.
        asked: its meaningful terms, with how much each matters
            (``learning.lexicon.Lexicon.terms``).
        before: those of the earlier question and its answer.
        after_s: seconds from the answer to the question.
    """
    if not 0.0 <= after_s <= FOLLOWS_WITHIN_S or _ASKS.search(text) is None:
        return False
    total = sum(asked.values())
    shared = sum(weight for term, weight in asked.items() if term in before)
    return total > 0.0 and shared >= GOES_ON * total


def _together(said: Sequence[str | None]) -> Gesture | None:
    """Return what the clauses come to, in their order."""
    if not said:
        return None
    approved = [at for at, kind in enumerate(said) if kind in {"accepted", "agreed"}]
    refused = [at for at, kind in enumerate(said) if kind in {"rejected", "no"}]
    if refused:
        if approved and approved[-1] > refused[0]:
            return None  # "no, that's perfect"
        bare = all(kind != "rejected" for kind in said)
        return None if bare and len(set(said)) > 1 else "rejected"  # "nope, cheers"
    return "accepted" if approved else "thanks"


def _by_emoji(stars: Sequence[float]) -> Gesture | None:
    """Return what a message of emoji alone says."""
    if stars and all(each >= BEST for each in stars):
        return "accepted"
    return "rejected" if stars and all(each <= WORST for each in stars) else None


def _belied(found: Gesture | None, stars: Sequence[float]) -> bool:
    """Tell whether the emoji say the opposite of the words: then neither is believed."""
    if found == "rejected":
        return any(each >= LIKED for each in stars)
    return any(each <= DISLIKED for each in stars)


def _apart(text: str) -> tuple[list[float] | None, str]:
    """Return the stars of a message's emoji and its words; no stars at all if it is ironic."""
    stars, words = [], []
    for char in _SMILEYS.sub(" ", text):
        if unicodedata.category(char) not in {"So", "Sk", "Cf", "Mn", "Cn"}:
            words.append(char)
            continue
        if char in _forms().ironic_emoji:
            return None, ""
        if (rating := RATINGS.get(canonical(char))) is not None:
            stars.append(rating)
        words.append(char if unicodedata.category(char) == "Mn" else " ")
    if _SAD.search(text):
        stars.append(DISLIKED)
    return stars, "".join(words)


def _ironic(folded: str) -> bool:
    return any(
        re.search(rf"(?:^|\W){re.escape(phrase)}(?:$|\W)", folded) for phrase in _forms().ironic
    )


def _kinds(clause: str) -> tuple[str | None, ...]:
    """Return what a clause says, and what is said without a comma before or after it."""
    if not clause:
        return ()
    if (kind := _kind(clause)) is not None:
        return (kind,)
    if led := _OPENING.match(clause):
        denied = _DENIES.search(led[0]) is not None
        return (*(("no",) if denied else ()), *_kinds(clause[led.end() :]))
    for gap in re.finditer(" ", clause):  # "that worked thank you"
        both = _kind(clause[: gap.start()]), _kind(clause[gap.end() :])
        if None not in both and "thanks" in both:
            return both
    return (None,)


def _kind(clause: str) -> str | None:
    for kind, pattern in _forms().clauses.items():
        if pattern.fullmatch(clause):
            return kind
    return None


def _folded(text: str) -> str:
    """Return the text in lower case, without accents and doubled spaces."""
    straight = text.replace("’", "'").replace("`", "'").casefold()
    letters = (
        ch for ch in unicodedata.normalize("NFKD", straight) if unicodedata.category(ch) != "Mn"
    )
    return " ".join("".join(letters).split())


def _bare(clause: str) -> str:
    return clause.strip(" .!…¡'()~*_-–—")


@cache
def _forms() -> _Forms:
    data = tomllib.loads(files("learning").joinpath("gestures.toml").read_text("utf-8"))
    parts: dict[str, str] = data["parts"]

    def whole(phrase: str) -> str:
        for _ in range(2):  # a part may hold another one
            for name, part in parts.items():
                phrase = phrase.replace(f"{{{name}}}", part)
        return f"(?:{phrase})"

    return _Forms(
        clauses={
            kind: re.compile("|".join(whole(each) for of in data[kind].values() for each in of))
            for kind in ("no", "filler", "thanks", "rejected", "agreed", "accepted")
        },
        ironic=tuple(data["ironic"]["phrases"]),
        ironic_emoji=frozenset(data["ironic"]["emoji"]),
    )


_ASKS: Final = re.compile(r"[?\uff1f\u061f\u037e][\s)\"'”»]*$")  # full-width, Arabic, Greek
_ANSWERING: Final = frozenset({"no", "agreed"})
_ASKS_OR_QUOTES: Final = re.compile(r"[?¿\"“”«»„<>{}\[\]\\|=]|`[^`]*`")
_SMILEYS: Final = re.compile(r"(?:^|(?<=\s))[:;=]['’]?-?[)(DPp/](?=\s|$|[.!,])")
_SAD: Final = re.compile(r"(?:^|\s):['’]?-?[(/](?:\s|$)")
_CLAUSES: Final = re.compile(
    r"[.!;:,…]+(?:\s|$)|\s[-–—]+\s|\s(?:and|but|und|aber|et|mais|y|pero)\s(?:also\s|then\s)?"
)
_OPENING: Final = re.compile(
    r"^(?:(?:hmm+|well|so|ok|okay|yes|yeah|yep|ah+|oh|but|and|wow|sorry|unfortunately|actually|hey"
    r"|ja|oui|si|aber|leider|mais|pero|ach|mynah|no|nope|nah|nein|nee|non)\s)+(?=\S)"
)
_DENIES: Final = re.compile(r"\b(?:no|nope|nah|nein|nee|non)\b")
