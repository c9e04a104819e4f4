"""What a person teaches by writing an answer anew.

Decides how much of the answer was kept, which words took the place of which, and
what the change says about form. Refuses to know what the answer was about and
what becomes of it. Precision first: words are paired only where what stands
around them was kept, so an answer that was written wholly anew pairs none.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

from learning.lexicon import STOPWORDS, Lexicon
from learning.routing.variants import ASPECTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MOST_READ: Final = 40_000
"""Characters of each text that are looked at."""
MODIFIED: Final = 0.5
"""From this similarity on an answer was modified; below, it was rewritten."""
MOST_PAIRS: Final = 8
"""Whoever exchanges more words has said it differently, and means none of them."""

EditKind = Literal["modified", "rewritten"]

_TOKEN: Final = re.compile(
    # Scripts without spaces go by the letter.
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
    r"|[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+"
    r"(?:[.'’/-][^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+)*(?:\+\+|#)?"
    r"|[^\w\s]"
)
_PIECE_END: Final = re.compile(r"(?<=[.!?;])\s+|\n+")
_MOST_PIECES: Final = 800
_MOST_CHANGED: Final = 100
_MOST_TOKENS: Final = 80
_LONGEST_NAME: Final = 30
_MOST_DIGITS: Final = 3
_MOST_WORDS: Final = 3
_KEPT: Final = 0.5
_CONTAINED: Final = 0.7
_SHORTER: Final = 0.6
_LONGER: Final = 1.6
_MUCH: Final = 40
_PROSE: Final = 8
_LIST: Final = 2

_FENCED: Final = re.compile(
    r"^[ \t]*(```|~~~)[^\n]*\n(.*?)(?:^[ \t]*\1[^\n]*$|\Z)", re.MULTILINE | re.DOTALL
)
_COMMENT: Final = re.compile(
    r"^\s*(?:#(?![!\w]|$)|//|/\*|\*\s|--\s|<!--)|[^\s]\s+(?:#|//|--)\s+\S|^\s*[\"']{3}"
)
_BULLET: Final = re.compile(r"^[ \t]*[-*•+][ \t]+\S", re.MULTILINE)
_STEP: Final = re.compile(
    r"^[ \t]*(?:\*\*)?(?:\d{1,2}[.)][ \t]|step \d{1,2}\b)", re.MULTILINE | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Edit:
    """What a change of an answer teaches.

    Attributes:
        similarity: how much was kept, in [0, 1].
        kind: whether that is half or more.
        replaced: words and identifiers with what took their place, in their order, each
            pair once. Which of them mean something is for the caller to look up.
        aspects: what the change says about form, as ``learning.routing.variants`` names
            it; none contradicts another.
    """

    similarity: float
    kind: EditKind
    replaced: tuple[tuple[str, str], ...] = ()
    aspects: tuple[str, ...] = ()


def learned(before: str, after: str) -> Edit:
    """Return what a person's version of an answer teaches.

    Args:
        before: the answer.
        after: what the person made of it.
    """
    old, new = before[:MOST_READ], after[:MOST_READ]
    tokens = _tokens(old), _tokens(new)
    similarity = _similarity(*tokens)
    kind: EditKind = "modified" if similarity >= MODIFIED else "rewritten"
    replaced = _replaced(old, new, *tokens) if kind == "modified" else ()
    related = kind == "modified" or _contained(*tokens)
    return Edit(similarity, kind, replaced, _aspects(old, new) if related else ())


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)


def _similarity(old: Sequence[str], new: Sequence[str]) -> float:
    """Return the mean of Sørensen and Dice's coefficients of words and of their pairs.

    Words alone are alike in any two texts of a language; pairs alone lose too much to a
    change of one word in a short text. What is moved stays alike. Capitals do not count.
    """
    if not old and not new:
        return 1.0
    a, b = [t.casefold() for t in old], [t.casefold() for t in new]
    ends = ("", *a, ""), ("", *b, "")
    return (_dice(a, b) + _dice(pairwise(ends[0]), pairwise(ends[1]))) / 2


def _dice(a: Iterable[object], b: Iterable[object]) -> float:
    counted = Counter(a), Counter(b)
    total = counted[0].total() + counted[1].total()
    return 2 * (counted[0] & counted[1]).total() / total if total else 0.0


def _contained(old: Sequence[str], new: Sequence[str]) -> bool:
    """Return whether one text is in the main a part of the other, and not by chance."""
    pairs = [Counter(pairwise(token.casefold() for token in each)) for each in (old, new)]
    least = min(pairs[0].total(), pairs[1].total())
    return least > 0 and (pairs[0] & pairs[1]).total() >= _CONTAINED * least


def _replaced(
    old: str, new: str, old_tokens: Sequence[str], new_tokens: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """Return which words took the place of which throughout."""
    found: Counter[tuple[str, str]] = Counter()
    for left, right in _changed(old, new):
        found.update(_exchanged(left, right))
    counts = Counter(old_tokens), Counter(new_tokens)
    kept = [
        (a, b)
        for a, b in found
        # What only moved, or has two heirs, was not replaced.
        if sum(x == a for x, _ in found) == 1
        and _count(counts[0], a) > _count(counts[1], a)
        and _count(counts[1], b) > _count(counts[0], b)
    ]
    return tuple(kept) if len(kept) <= MOST_PAIRS else ()


def _count(counts: Counter[str], name: str) -> int:
    return min(counts[word] for word in name.split())


def _changed(old: str, new: str) -> Iterator[tuple[list[str], list[str]]]:
    """Yield sentences and lines that changed, each beside what became of it."""
    a, b = _pieces(old), _pieces(new)
    matcher = SequenceMatcher(None, a, b)
    blocks = [op for op in matcher.get_opcodes() if op[0] == "replace"][:_MOST_CHANGED]
    budget = _MOST_CHANGED
    for _, i, i_end, j, j_end in blocks:
        if i_end - i == j_end - j:
            sides = [(a[i + n], b[j + n]) for n in range(i_end - i)]
        else:
            sides = [(" ".join(a[i:i_end]), " ".join(b[j:j_end]))]
        for left, right in sides[:budget]:
            yield _tokens(left), _tokens(right)
        budget -= len(sides)
        if budget <= 0:
            return


def _pieces(text: str) -> list[str]:
    pieces = (" ".join(piece.split()) for piece in _PIECE_END.split(text))
    return [piece for piece in pieces if piece][:_MOST_PIECES]


def _exchanged(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the words of a piece that were exchanged where the rest of it was kept."""
    if max(len(old), len(new)) > _MOST_TOKENS:
        return
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.quick_ratio() < _KEPT or matcher.ratio() < _KEPT:
        return
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag != "replace":
            continue
        left, right = old[i:i_end], new[j:j_end]
        if max(len(left), len(right)) > _MOST_WORDS:
            continue
        if len(left) == len(right):
            yield from (p for p in zip(left, right, strict=True) if _is_pair(*p))
        elif _is_pair(" ".join(left), " ".join(right)):
            yield " ".join(left), " ".join(right)


def _is_pair(old: str, new: str) -> bool:
    return _is_name(old) and _is_name(new) and _root(old) != _root(new)


def _is_name(name: str) -> bool:
    """Return whether a word means something, and is not what a secret looks like."""
    return (
        len(name) <= _LONGEST_NAME
        and any(ch.isalpha() for ch in name)
        and sum(ch.isdigit() for ch in name) <= _MOST_DIGITS
        and not any(not word[0].isalnum() and word[0] != "_" for word in name.split())
        and not any(word.casefold() in STOPWORDS for word in name.split())
    )


def _root(name: str) -> list[str]:
    """Return a name without capitals and the endings that only grammar asks for."""
    return _lexicon().stems(name)


@cache
def _lexicon() -> Lexicon:
    return Lexicon()


@dataclass(frozen=True, slots=True)
class _Form:
    """What can be counted of a text's form."""

    words: int
    bullets: int
    steps: int
    code: int
    comments: int
    before_code: int
    around_code: int


def _form(text: str) -> _Form:
    blocks = list(_FENCED.finditer(text))
    lines = [line for block in blocks for line in block[2].split("\n") if line.strip()]
    prose = _FENCED.sub("\n", text)
    return _Form(
        words=len(text.split()),
        bullets=len(_BULLET.findall(prose)),
        steps=len(_STEP.findall(prose)),
        code=len(lines),
        comments=sum(_COMMENT.search(line) is not None for line in lines),
        before_code=len(text[: blocks[0].start()].split()) if blocks else 0,
        around_code=len(prose.split()),
    )


def _aspects(before: str, after: str) -> tuple[str, ...]:
    """Return what a change says about form; what is plain to see outranks mere length."""
    old, new = _form(before), _form(after)
    seen = {
        "bullets": old.bullets < _LIST <= new.bullets,
        "prose": new.bullets == 0 and old.bullets >= _LIST and new.steps == 0,
        "steps": old.steps < _LIST <= new.steps,
        "comments": bool(old.code) and new.comments > 2 * old.comments and new.code > 0,
        "no_comments": old.comments > 0 == new.comments and new.code > 0,
        "code_only": old.around_code >= _PROSE and old.code > 0 and _is_bare(new),
        "code_first": old.before_code >= _PROSE
        and new.code > 0 == new.before_code
        and new.around_code >= _PROSE,
        "detail": new.words >= _MUCH and new.words >= _LONGER * old.words,
        "brief": old.words >= _MUCH and new.words <= _SHORTER * old.words,
    }
    kept: list[str] = []
    for name, shown in seen.items():
        if shown and not _OPPOSITES[name] & set(kept):
            kept.append(name)
    return tuple(aspect.name for aspect in ASPECTS if aspect.name in kept)


def _is_bare(form: _Form) -> bool:
    return form.code > 0 == form.around_code


_OPPOSITES: Final = {aspect.name: frozenset(aspect.opposites) for aspect in ASPECTS}
