"""Orders what was found for a question, and fills a prompt with it.

Decides how much each sign of relevance counts: shared words, similar meaning,
a relevant neighbour, who spoke, when, how a person rated it. Refuses to know
how candidates were found; the store hands them over with both raw scores.

The weights are few and the same for every scope and embedder. Each was chosen
on one half of two public sets and checked on the other, and results change
little around it. Weights that follow the question (rarity of its words, shape
of the score distributions) were tried and won nothing that lasted.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from learning.lexemes import lexemes

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from learning.cues import QueryFeatures
    from learning.recollection import RecollectionKind

    Column = NDArray[np.float64]

DENSE_SHARE: Final = 0.5
"""The dense leg's share of the base score, for an embedder of quality 1."""
UNTRAINED_QUALITY: Final = 0.6
"""``ScopeEvidence.dense_quality`` for feature hashing, which sees letters, not meaning."""
SHARPNESS: Final = 1.25
"""Power on each leg's relative score: the middle of the field counts a little less."""
FEW: Final = 10
"""Candidates below which the lowest cosine is no measure of "unrelated"."""
SPREAD: Final = 0.5
"""What a candidate gains from its best direct neighbour; half of it at two steps."""
SPEAKER: Final = 0.3
"""The bonus for words of somebody the question names."""
AUTHOR: Final = 0.3
"""The bonus for the asker's words on "did I …", for Mynah's on "what did you suggest"."""
TIME: Final = 0.3
"""The bonus for being said in a time that the question names."""
QUESTION: Final = 0.05
"""The malus for ending in a question mark: questions seldom hold answers."""
LENGTH: Final = 0.05
"""The malus per e-fold beyond ``USUAL_TERMS``: long messages touch on everything."""
USUAL_TERMS: Final = 30
POOR_RATING: Final = 2.0
"""Answers rated on average at or below this are left out."""
CORRECTION: Final = 1.25
"""The factor for what a person wrote in place of an answer of ours."""
DUPLICATE: Final = 0.8
"""Items sharing this much of their terms (Jaccard) say the same thing."""

_ROLES: Final = frozenset({"", "ai", "assistant", "bot", "human", "mynah", "system", "user"})
_TOP: Final = 1.0 + SPREAD + SPEAKER + AUTHOR + TIME


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something the store found, with everything the ordering looks at.

    Attributes:
        id: the item's id.
        kind: what it is.
        text: as stored; used for near-duplicates, the question mark and budgets.
        lexical: BM25 score, 0 where no term is shared.
        dense: cosine to the question, ``None`` where the item has no vector (yet).
        thread: what ``position`` counts within: a conversation or a document.
        position: place in the thread; neighbours differ by one.
        speaker: display name, empty for knowledge.
        author: who wrote it, seen from the person asking.
        said_at: when; ``None`` where unknown.
        length: terms in the text, as for BM25.
        rating: mean vote in [1, 5], ``None`` if nobody voted.
        trust: in [0, 1].
        confidence: of derived items, in [0, 1]; 1 for verbatim ones.
        valid_until: when it was superseded; ``None`` while it holds.
    """

    id: Hashable
    kind: RecollectionKind
    text: str
    lexical: float
    dense: float | None
    thread: Hashable = None
    position: int | None = None
    speaker: str = ""
    author: Literal["asker", "mynah", "other"] = "other"
    said_at: datetime | None = None
    length: int = USUAL_TERMS
    rating: float | None = None
    trust: float = 1.0
    confidence: float = 1.0
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ScopeEvidence:
    """What is known about the scope's legs.

    Attributes:
        dense_quality: how far the embedder is to be believed, in [0, 1]:
            1 for a trained one, ``UNTRAINED_QUALITY`` for feature hashing.
    """

    dense_quality: float = 1.0


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with its score in [0, 1] and what each sign added to it.

    ``signals`` adds up to ``score``, but for rounding and the cut at 0 and 1.
    """

    candidate: Candidate
    score: float
    signals: Mapping[str, float] = field(default_factory=dict)


def indexed_text(text: str, speaker: str = "") -> str:
    """Return what is to be embedded and cut into terms for a message.

    The speaker's name goes in front, because questions name people: it won 14
    points of recall@10 for a small sentence model and 3 for BM25. A role's
    name ("user") says nothing of the kind and is left away.
    """
    return text if speaker.casefold() in _ROLES else f"{speaker}: {text}"


def fuse(
    query: QueryFeatures,
    candidates: Sequence[Candidate],
    evidence: ScopeEvidence,
    now: datetime,
    most: int | None = None,
) -> list[Scored]:
    """Order candidates by relevance, best first.

    Both legs are put between 0 and 1 by their own best hit, so that neither
    BM25's scale nor an embedder's range of cosines matters.
    Left out are answers rated poorly and items no longer valid.

    Args:
        query: what the question points at.
        candidates: the best of each leg, each id once, with both raw scores.
        evidence: what is known about the legs.
        now: what validity is measured against.
        most: how many are wanted; all when ``None``.
    """
    live = [candidate for candidate in candidates if _stands(candidate, now)]
    if not live:
        return []
    share = DENSE_SHARE * min(1.0, max(0.0, evidence.dense_quality))
    lexical = _lexical_leg([candidate.lexical for candidate in live])
    dense = _dense_leg([candidate.dense for candidate in live])
    if not dense.any():
        share = 0.0  # no vector tells anything apart: words alone decide
    parts = {"lexical": (1 - share) * lexical, "dense": share * dense}
    parts["neighbours"] = SPREAD * _neighbours(live, parts["lexical"] + parts["dense"])
    parts["speaker"] = SPEAKER * _discriminating(
        [candidate.speaker.casefold() in query.speakers for candidate in live]
    )
    parts["author"] = AUTHOR * _discriminating([_meant(query, candidate) for candidate in live])
    parts["time"] = TIME * _discriminating([_then(query, candidate) for candidate in live])
    parts["form"] = -np.array([_malus(candidate) for candidate in live])
    factor = np.array([_standing(candidate) for candidate in live]) / _TOP
    table = np.stack(list(parts.values())) * factor
    total = np.clip(table.sum(axis=0), 0.0, 1.0)
    # Among equals the newer comes first; unknown times last.
    columns, scores = table.T.tolist(), total.tolist()
    order = sorted(range(len(live)), key=lambda i: (-scores[i], -_moment(live[i])))
    return [
        Scored(
            live[i],
            scores[i],
            {name: part for name, part in zip(parts, columns[i], strict=True) if part},
        )
        for i in order[:most]
    ]


def _lexical_leg(raw: Sequence[float]) -> Column:
    scores = np.maximum(np.array(raw, dtype=np.float64), 0.0)
    best = scores.max()
    relative: Column = (scores / best) ** SHARPNESS if best > 0 else scores
    return relative


def _dense_leg(raw: Sequence[float | None]) -> Column:
    """Return each cosine's place between "unrelated" and the best.

    The lowest cosine among the candidates stands for "unrelated": it is near 0
    with some embedders and near 0.7 with others. Few candidates say little
    about it, so it is shrunk towards 0 by ``n / (n + 10)``.
    """
    scores = np.array([math.nan if cosine is None else cosine for cosine in raw], dtype=np.float64)
    known = scores[~np.isnan(scores)]
    if not known.size or known.max() <= 0:
        return np.zeros(len(raw))
    low, best = known.min() * known.size / (known.size + FEW), known.max()
    width = best - low
    if width <= 0:
        return np.where(np.isnan(scores), 0.0, 1.0)
    above = np.maximum(np.nan_to_num(scores, nan=low) - low, 0.0)
    placed: Column = (above / width) ** SHARPNESS
    return placed


def _neighbours(live: Sequence[Candidate], base: Column) -> Column:
    """Return the best of the base scores around each, half as much at two steps.

    The best rather than the sum: a lively thread is not evidence.
    """
    numbers: dict[Hashable, int] = {}  # small integers are looked up faster than threads' ids
    places = [(numbers.setdefault(c.thread, len(numbers)), c.position) for c in live]
    at = dict(zip(places, base.tolist(), strict=True))
    found = np.zeros(len(live))
    for i, (thread, position) in enumerate(places):
        if position is not None:
            found[i] = max(
                at.get((thread, position - 1), 0.0),
                at.get((thread, position + 1), 0.0),
                at.get((thread, position - 2), 0.0) / 2,
                at.get((thread, position + 2), 0.0) / 2,
            )
    return found


def _discriminating(flags: Sequence[bool]) -> Column:
    """Return the flags as numbers, or zeros where everybody has one: then it says nothing."""
    return np.zeros(len(flags)) if all(flags) else np.array(flags, dtype=np.float64)


def _meant(query: QueryFeatures, candidate: Candidate) -> bool:
    return (query.about_asker and candidate.author == "asker") or (
        query.about_mynah and candidate.author == "mynah"
    )


def _then(query: QueryFeatures, candidate: Candidate) -> bool:
    moment = candidate.said_at
    return moment is not None and any(span.holds(moment) for span in query.spans)


def _malus(candidate: Candidate) -> float:
    if candidate.kind == "knowledge":  # passages were cut to one size
        return 0.0
    asks = candidate.text.rstrip().endswith(("?", "？"))
    return QUESTION * asks + LENGTH * max(0.0, math.log((candidate.length + 1) / USUAL_TERMS))


def _stands(candidate: Candidate, now: datetime) -> bool:
    if candidate.rating is not None and candidate.rating <= POOR_RATING:
        return False
    return candidate.valid_until is None or candidate.valid_until > now


def _standing(candidate: Candidate) -> float:
    """Return the factor for trust, confidence, votes and corrections.

    Doubt in a derived item halves it at most; a vote moves an answer from ½
    (just above poor) to 1.2 (5 of 5), and 1 means 4.
    """
    factor = min(1.0, max(0.0, candidate.trust)) * (0.5 + 0.5 * min(1.0, candidate.confidence))
    if candidate.rating is not None:
        factor *= min(1.2, 0.5 + (candidate.rating - POOR_RATING) / 4)
    return factor * CORRECTION if candidate.kind == "correction" else factor


def _moment(candidate: Candidate) -> float:
    return candidate.said_at.timestamp() if candidate.said_at else -math.inf


_PIECE: Final = re.compile(r"[A-Za-z]+|\d+|\w|[^\w\s]")


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a model will see; meant to err on the high side.

    Six letters or two digits make one token; so does every other character.
    """
    return sum(
        (len(piece) + 5) // 6 if piece.isascii() and piece.isalpha() else (len(piece) + 1) // 2
        for piece in _PIECE.findall(text)
    )


def fill_budget(
    scored: Sequence[Scored], max_tokens: int, max_items: int = 10, min_score: float = 0.0
) -> list[Scored]:
    """Choose what goes into a prompt, best first.

    Walks down the order. An item that says what a chosen one says is merged
    into it: the better-scored one stands for both. An item that does not fit
    into what is left is passed over, so that one long message does not shut
    out the short ones after it.

    Args:
        scored: as ``fuse`` returns it.
        max_tokens: room for all texts together, in estimated tokens.
        max_items: how many at most.
        min_score: items below are not worth a reader's time.
    """
    chosen: list[Scored] = []
    seen: list[frozenset[str]] = []
    room = max_tokens
    for item in scored:
        if len(chosen) == max_items or item.score < min_score:
            break
        terms = frozenset(lexemes(item.candidate.text))
        if any(_alike(terms, other) for other in seen):
            continue
        cost = estimated_tokens(item.candidate.text)
        if cost <= room:
            chosen.append(item)
            seen.append(terms)
            room -= cost
    return chosen


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    shared = len(one & other)
    return shared > 0 and shared >= DUPLICATE * (len(one) + len(other) - shared)
