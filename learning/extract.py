"""Decides which sentences, lines or definitions of what was recalled answer a question.

Scores are rarity-weighted overlaps of word stems, so every choice can be
explained by the words it covers. Refuses to know how an answer is worded.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from learning.lexicon import IDENTIFIER
from learning.sentences import MAX_TEXT, Unit, units

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from learning.lexicon import Lexicon
    from learning.recollection import Recollection


@dataclass(frozen=True, slots=True)
class Match:
    """How well one recollection answers a question.

    Attributes:
        index: its position among the recollections, from 0.
        coverage: the share of the question's weight found in it, in [0, 1].
        score: coverage, position and title together; higher is better.
        missing: the question's stems that it lacks.
        named: whether the question names this very definition or file.
    """

    index: int
    recollection: Recollection
    coverage: float
    score: float
    missing: frozenset[str]
    named: bool


def rarity(terms: Mapping[str, float], documents: Sequence[Iterable[str]]) -> dict[str, float]:
    """Return each term's weight times how rare it is among the documents.

    A smoothed inverse document frequency, log(1 + (N + 1) / (n + 0.5)), scaled
    so that a term found nowhere has factor 1. What is recalled is recalled
    *because* it holds the question's words, so rarity only leans the weights.
    """
    n = len(documents)
    seen: Counter[str] = Counter()
    for document in documents:
        seen.update(terms.keys() & set(document))
    rarest = math.log(1 + (n + 1) / 0.5)
    return {
        term: weight * (0.5 + 0.5 * math.log(1 + (n + 1) / (seen[term] + 0.5)) / rarest)
        for term, weight in terms.items()
    }


def rank(
    question: str, recollections: Sequence[Recollection], lexicon: Lexicon
) -> tuple[list[Match], dict[str, float]]:
    """Order the recollections by how well they answer, and return the term weights too."""
    documents = [lexicon.stems(_whole(r)) for r in recollections]
    weights = rarity(lexicon.terms(question), documents)
    total = sum(weights.values())
    asked_names = {m[1] or m[0] for m in IDENTIFIER.finditer(question)}
    matches = []
    for index, (recollection, document) in enumerate(zip(recollections, documents, strict=True)):
        counts = Counter(document)
        covered = sum(w for t, w in weights.items() if t in counts)
        coverage = covered / total if total else 0.0
        named = _named(asked_names, recollection)
        score = (
            coverage
            + 0.1 * _density(weights, counts)
            + 0.3 * _share(weights, set(lexicon.stems(heading(recollection))))
            + 0.4 * _title(weights, recollection, lexicon)
            + 0.5 * named
            + _promise(question, recollection.text, weights, lexicon)
            + 0.1 * recollection.score
        ) * recollection.trust
        missing = frozenset(t for t in weights if t not in counts)
        matches.append(Match(index, recollection, coverage, score, missing, named))
    # Recall's own order breaks ties.
    return sorted(matches, key=lambda m: (-m.score, m.index)), weights


def similarity(asked: str, stored: str, lexicon: Lexicon) -> float:
    """Return how nearly two questions are the same, in [0, 1].

    The weighted Jaccard index of their terms. Numbers, identifiers and "not"
    must agree: "retries on 4xx" is not "retries on 5xx".
    """
    a, b = lexicon.terms(asked), lexicon.terms(stored)
    if not a or not b:
        return 1.0 if asked.split() == stored.split() and asked.strip() else 0.0
    for strict in (_strict(a), _strict(b)):
        if not strict <= (a.keys() & b.keys()):
            return 0.0
    if bool(_NEGATION.search(asked)) != bool(_NEGATION.search(stored)):
        return 0.0
    both = a.keys() & b.keys()
    return sum(max(a[t], b[t]) for t in both) / sum(
        max(a.get(t, 0.0), b.get(t, 0.0)) for t in a.keys() | b.keys()
    )


def best_units(
    question: str,
    text: str,
    weights: Mapping[str, float],
    lexicon: Lexicon,
    *,
    context: str = "",
    limit: int = 3,
) -> list[Unit]:
    """Return the units that answer best, in their order in the text.

    Each next unit is worth only the words that the ones before it did not
    cover, so a list of near-copies gives one.

    Args:
        question: what was asked; its form says what kind of answer to expect.
        text: the passage.
        weights: the question's term weights, from ``rank``.
        lexicon: cuts words.
        context: title and path, whose words every unit inherits at half price.
        limit: how many units at most.
    """
    inherited = set(lexicon.stems(context))
    candidates = []
    for unit in units(text):
        stems = set(lexicon.stems(unit.text))
        own = _share(weights, stems)
        score = own + 0.5 * _share(weights, inherited - stems) + _form(question, unit.text)
        if unit.text.rstrip().endswith("?"):
            score *= 0.3
        candidates.append((Unit(unit.text, unit.line, score), stems))
    chosen: list[Unit] = []
    covered: set[str] = set()
    top = max((u.score for u, _ in candidates), default=0.0)
    while candidates and len(chosen) < limit:
        at = max(
            range(len(candidates)),
            key=lambda i: (
                candidates[i][0].score - 0.7 * _share(weights, candidates[i][1] & covered),
                -i,
            ),
        )
        unit, stems = candidates.pop(at)
        gain = unit.score - 0.7 * _share(weights, stems & covered)
        if unit.score <= 0 or (chosen and gain < 0.5 * top):
            break
        chosen.append(unit)
        covered |= stems
    return sorted(chosen, key=lambda u: u.line)


def window(
    lines: Sequence[str], weights: Mapping[str, float], lexicon: Lexicon, limit: int
) -> range:
    """Return the run of at most ``limit`` lines of code that covers the question best.

    The head wins unless another run is worth half as much again.
    """
    if len(lines) <= limit:
        return range(len(lines))
    worth = [_share(weights, set(lexicon.stems(line))) for line in lines]
    sums = [sum(worth[i : i + limit]) for i in range(len(lines) - limit + 1)]
    start = max(range(len(sums)), key=lambda i: (sums[i], -i))
    # The head names the thing and documents it: leave it only for much more.
    return range(start, start + limit) if sums[start] > 1.5 * sums[0] else range(limit)


def _share(weights: Mapping[str, float], stems: set[str]) -> float:
    total = sum(weights.values())
    return sum(w for t, w in weights.items() if t in stems) / total if total else 0.0


def _form(question: str, text: str) -> float:
    """Return what a sentence's form promises: a date for *when*, a reason for *why*."""
    asked = question.lower()
    for form, promised, bonus in _FORMS:
        if form.search(asked):
            return bonus if promised.search(text) else 0.0
    return 0.0


def _density(weights: Mapping[str, float], counts: Mapping[str, int]) -> float:
    """Return how often the terms come up, saturating at three times each."""
    total = sum(weights.values())
    return sum(w * min(counts.get(t, 0), 3) / 3 for t, w in weights.items()) / total if total else 0


def _title(weights: Mapping[str, float], recollection: Recollection, lexicon: Lexicon) -> float:
    """Return how much of the title, in turn, the question covers."""
    title = set(lexicon.stems(recollection.place.title)) if recollection.place else set()
    return len(title & weights.keys()) / len(title) if title else 0.0


def _promise(question: str, text: str, weights: Mapping[str, float], lexicon: Lexicon) -> float:
    """Return the best promise of a sentence that speaks of the question at all."""
    if not any(form.search(question.lower()) for form, _, _ in _FORMS):
        return 0.0
    return max(
        (
            form
            for unit in units(text)
            if (form := _form(question, unit.text))
            and weights.keys() & set(lexicon.stems(unit.text))
        ),
        default=0.0,
    )


def _named(names: set[str], recollection: Recollection) -> bool:
    """Tell whether the question names this definition or file itself."""
    if recollection.place is None:
        return False
    last = recollection.place.title.rpartition(".")[2].rpartition("›")[2].strip()
    path = recollection.place.path
    return any(
        n.removesuffix("()") in {recollection.place.title, last, last.lstrip("_")}
        or ("." in n and path.endswith(n.lstrip("./")))
        for n in names
    )


def heading(recollection: Recollection) -> str:
    """Return what a recollection is about, in words that its text need not hold."""
    place = recollection.place
    if place is not None:
        return f"{place.path} {place.title}"
    return f"{recollection.question} {recollection.topic}".strip()


def _whole(recollection: Recollection) -> str:
    return f"{heading(recollection)}\n{recollection.text[:MAX_TEXT]}"


def _strict(terms: Mapping[str, float]) -> set[str]:
    return {t for t, w in terms.items() if w > 1.0 or any(ch.isdigit() for ch in t)}


_NEGATION = re.compile(r"\b(?:not|never|without|n't|no)\b|n't\b", re.IGNORECASE)

_FORMS: Final = (
    (
        re.compile(r"\bwhen\b|\bwhat (?:day|date|time)\b"),
        re.compile(
            r"\d|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day|\b(?:january|february|march|april|may"
            r"|june|july|august|september|october|november|december|daily|weekly|monthly|every"
            r"|after|before|tomorrow)\b",
            re.IGNORECASE,
        ),
        0.25,
    ),
    (
        re.compile(r"\bwhy\b"),
        re.compile(
            r"\b(?:because|since|so that|in order to|reason|avoid\w*|due to|therefore|otherwise)\b",
            re.IGNORECASE,
        ),
        0.25,
    ),
    (
        re.compile(r"\bhow (?:many|much|often|long)\b|\bwhich version\b"),
        re.compile(r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|none|never)\b"),
        0.25,
    ),
    (
        re.compile(r"\bwho(?:m|se|'s)?\b"),
        re.compile(r"(?<=\s)[A-Z][a-z]+|@\w|^[A-Z][a-z]+ (?:is|was|owns)"),
        0.2,
    ),
    (re.compile(r"\bhow (?:do|can|to|should)\b"), re.compile(r"`"), 0.2),
    (
        re.compile(r"\bwhat (?:is|are|does)\b"),
        re.compile(r"^\W*(?:\w+\W+){1,4}(?:is|are|means)\b"),
        0.1,
    ),
)
"""What a question asks for, what an answer to it holds, and what holding it adds."""
