"""Reads a typed reply to "Which do you mean?".

Decides which reading the words point at, if all of them do. Anything else is a
request in the person's own words. Refuses to know what becomes of the choice.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from learning.interpretation.contract import AskedOutcome, Reading

_MOST_CHARS: Final = 200
_NUMBERS: Final = {
    **dict.fromkeys(("1", "h1", "a", "one", "first", "1st"), 1),
    **dict.fromkeys(("2", "h2", "b", "two", "second", "2nd"), 2),
    **dict.fromkeys(("3", "h3", "c", "three", "third", "3rd"), 3),
}
_FORM: Final = re.compile(
    r"(?:(?:i mean|i meant|i want|i choose|i pick|let's do|go with|take|choose|pick)\s+)?"
    r"(?:the\s+)?(?:(?:option|number|no\.?|nr\.?|reading|answer|choice)\s+)?"
    r"#?\(?(?P<which>[123]|h[123]|[abc]|(?<!the )(?:one|two|three)|first|second|third"
    r"|1st|2nd|3rd|last|middle)"
    r"[.):]*(?:\s+(?:one|option|reading|choice))?"
)
_POLITE: Final = re.compile(
    r"^(?:(?:ok|okay|yes|yeah|yep|hmm+|please|well|oh|just)\b[,.! ]*)+"
    r"|^(?:no|nope|sorry)[,.! ]+(?=the |i mean|option |number )"
    r"|[,. ]*\b(?:please|pls|thanks|thank you|thx)\b[.! ]*$"
)
_INSTEAD: Final = re.compile(
    r"(?:(?:ok|okay|yes|hmm+|well|oh|ah|no|nope|nah|sorry|wait|actually)\b[,.!…–— -]*)*"
    r"(?:(?:what )?(?:i|we) (?:actually |really )?mean(?:t)?\b.*\w.*"
    r"|(?:neither|none|nothing)(?: of (?:these|those|them|the above))?\s*[,.:;!–—-]+ *\w.*"
    r"|(?<=[ ,.!])the .*\bones?\b.*)",
    re.DOTALL,
)
"""How one begins who says what was meant, whatever the words after it."""
_FAINT: Final = frozenset(
    """a an the my your our his her their some this that one ones please option i mean meant
    want do you to of for in on with and it""".split()  # noqa: SIM905
)
_WORD: Final = re.compile(r"[^\W_]+(?:[.+#/'-][^\W_]+)*[+#]*")
_MOST_OF: Final = 0.6
"""Share of a reading's words that a reply must hold, if it does not say "the … one"."""
_TYPO_FROM: Final = 5
"""Letters from which one wrong letter is a slip and not another word."""


def of_words(text: str, readings: Sequence[Reading]) -> Reading | None:
    """Return the reading that a reply chooses, or ``None`` if it is something else.

    A number, a letter or an ordinal chooses; so do (nearly) the words of one reading.
    """
    if len(text) > _MOST_CHARS or not readings:
        return None
    said = _POLITE.sub("", " ".join(text.replace("’", "'").casefold().split())).strip(" .!\"'")
    match = _FORM.fullmatch(said)
    return _numbered(match["which"], readings) if match else _alike(said, readings)


def outcome_of(reading: Reading | None, readings: Sequence[Reading]) -> AskedOutcome:
    """Return what a choice says of the order that readings were shown in; ``None``: own words."""
    if reading is None:
        return "typed"
    return "first" if reading.id == readings[0].id else "another"


def settles(text: str, question: str, readings: Sequence[Reading]) -> bool:
    """Return whether a message says in other words what was meant by a question.

    It does if it shares a word of its own with the question or a reading, or says that it
    does: "I meant …", "neither: …", "no, the … one". Anything else is about something else.
    """
    if _INSTEAD.fullmatch(" ".join(text.replace("’", "'").casefold().split())):
        return True
    said = _words(text)
    return any(said & _words(other) for other in (question, *(r.text for r in readings)))


def _numbered(which: str, readings: Sequence[Reading]) -> Reading | None:
    if which == "last":
        return readings[-1]
    if which == "middle":
        return readings[1] if len(readings) == 3 else None  # noqa: PLR2004 - three have a middle
    number = _NUMBERS[which]
    return readings[number - 1] if number <= len(readings) else None


def _alike(said: str, readings: Sequence[Reading]) -> Reading | None:
    """Return the one reading that holds all the words said, and enough of its own among them."""
    words = _words(said)
    if not words:
        return None
    pointing = said.endswith((" one", " option")) or said.startswith("the one ")
    texts = {reading.id: _words(reading.text) for reading in readings}
    holding = [r for r in readings if all(_held(word, texts[r.id]) for word in words)]
    if len(holding) > 1:
        # "deploy your API" is the first of two, if it is all of it.
        holding = [r for r in holding if len(texts[r.id]) == len(words)]
    if len(holding) != 1:
        return None
    enough = pointing or len(words) >= _MOST_OF * len(texts[holding[0].id])
    return holding[0] if enough else None


def _words(text: str) -> set[str]:
    """Return the folded words that carry something."""
    return {word for word in _WORD.findall(text.casefold()) if word not in _FAINT}


def _held(word: str, words: Iterable[str]) -> bool:
    return any(word == other or _slip(word, other) for other in words)


def _slip(typed: str, meant: str) -> bool:
    """Tell whether a longer word has one letter wrong, missing, too many, or two swapped."""
    if min(len(typed), len(meant)) < _TYPO_FROM or abs(len(typed) - len(meant)) > 1:
        return False
    if not (typed.isalpha() and meant.isalpha()):
        return False
    start = 0
    while start < min(len(typed), len(meant)) and typed[start] == meant[start]:
        start += 1
    a, b = typed[start:], meant[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
