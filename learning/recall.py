"""Orders what was found for a question.

Decides how much each sign of relevance counts: shared words, similar meaning, a
relevant neighbour, who spoke, when, which things are named, what kind of words an
answer holds, how a person rated it. Refuses to know how candidates were found; the
store hands them over with both raw scores.

How far meaning counts beside words follows the embedder, the evidence of the scope,
and the question: the leg that tells its best hit apart from the field counts more.
All other weights are few and the same for every scope and embedder, and results
change little around them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from learning.cues import QueryFeatures
    from learning.evidence import ScopeEvidence
    from learning.recollection import RecollectionKind

    Column = NDArray[np.float64]

SHARPNESS: Final = 1.25
"""Power on each leg's relative score: the middle of the field counts a little less."""
FEW: Final = 10
"""Candidates below which the lowest cosine is no measure of "unrelated"."""
ENOUGH: Final = 1.2
"""BM25 weight of expected words at which half their bonus is given: one word, once."""
USUAL_TERMS: Final = 30
POOR_RATING: Final = 2.0
"""Answers rated on average at or below this are left out."""
CORRECTION: Final = 1.25
"""The factor for what a person wrote in place of an answer of ours."""

_ROLES: Final = frozenset({"", "ai", "assistant", "bot", "human", "mynah", "system", "user"})


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each sign counts.

    Attributes:
        dense: meaning's share of the base score, for an embedder of quality 1.
        adaptivity: the power with which the legs' shares follow how clearly each
            tells its best hit apart.
        neighbours: what a candidate gains from its best direct neighbour; half of it
            at two steps.
        speaker: for words of somebody the question names.
        author: for the asker's words on "did I …", for Mynah's on "what did you suggest".
        time: for being said in a time that the question names.
        entities: for the names, identifiers and numbers of the question.
        expected: for words that answers to such a question hold.
        question: the malus for ending in a question mark: questions seldom hold answers.
        length: the malus per e-fold beyond ``USUAL_TERMS``: long messages touch on
            everything.
    """

    dense: float = 0.5
    adaptivity: float = 0.5
    neighbours: float = 0.5
    speaker: float = 0.3
    author: float = 0.3
    time: float = 0.3
    entities: float = 0.05
    expected: float = 0.2
    question: float = 0.05
    length: float = 0.05

    @property
    def top(self) -> float:
        """The highest sum there can be, which makes a score of 1."""
        return (
            1.0
            + self.neighbours
            + self.speaker
            + self.author
            + self.time
            + self.entities
            + self.expected
        )


WEIGHTS: Final = Weights()


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
        entities: BM25 weight of the question's names, identifiers and numbers in it.
        expected: BM25 weight of the words in it that an answer is expected to hold.
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
    entities: float = 0.0
    expected: float = 0.0


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
    weights: Weights = WEIGHTS,
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
        weights: how much each sign counts.
    """
    live = [candidate for candidate in candidates if _stands(candidate, now)]
    if not live:
        return []
    lexical = _lexical_leg([candidate.lexical for candidate in live])
    dense = _dense_leg([candidate.dense for candidate in live])
    seen = np.array([candidate.dense is not None for candidate in live])
    share = dense_share(lexical, dense[seen], evidence, weights)
    parts = {"lexical": (1 - share) * lexical, "dense": share * dense}
    parts["neighbours"] = weights.neighbours * _neighbours(live, parts["lexical"] + parts["dense"])
    parts |= _pointed_at(query, live, weights)
    parts["form"] = -_malus(live, weights)
    factor = np.array([_standing(candidate) for candidate in live]) / weights.top
    table = np.stack(list(parts.values())) * factor
    total = np.clip(table.sum(axis=0), 0.0, 1.0)
    # Among equals the newer comes first; unknown times last.
    moments = np.array([_moment(candidate) for candidate in live])
    order = np.lexsort((-moments, -total))[:most]
    columns, scores = table.T[order].tolist(), total[order].tolist()
    return [
        Scored(
            live[i],
            score,
            {name: part for name, part in zip(parts, column, strict=True) if part},
        )
        for i, score, column in zip(order.tolist(), scores, columns, strict=True)
    ]


def dense_share(
    lexical: Column, dense: Column, evidence: ScopeEvidence, weights: Weights = WEIGHTS
) -> float:
    """Return how much of the base score is meaning's, in [0, 1]; words have the rest.

    ``odds = odds(dense · quality) · e^lean · (z_dense / z_lexical)^adaptivity``,
    where z is how many standard deviations a leg's best hit stands above its mean:
    words that half of the candidates share, or a question that everything resembles
    a little, give a flat field. Such spreads predict how well a query does (Cummins
    2014; Shtok and others 2012). A leg that tells nothing apart has no say.

    Args:
        lexical: the words' leg, each in [0, 1].
        dense: meaning's leg, each in [0, 1], of those that have a vector.
        evidence: what is known about the legs.
        weights: how much each sign counts.
    """
    if not dense.any():
        return 0.0
    share = weights.dense * min(1.0, max(0.0, evidence.dense_quality))
    if not 0 < share < 1 or not lexical.any():
        return share
    clear = math.pow(_clarity(dense) / _clarity(lexical), weights.adaptivity)
    odds = share / (1 - share) * math.exp(evidence.lean) * clear
    return odds / (1 + odds)


def _clarity(leg: Column) -> float:
    spread = float(leg.std())
    return (float(leg.max()) - float(leg.mean())) / spread if spread > 0 else 1.0


def _pointed_at(
    query: QueryFeatures, live: Sequence[Candidate], weights: Weights
) -> dict[str, Column]:
    """Return what each candidate gains for what the question points at."""
    return {
        "speaker": weights.speaker
        * _discriminating(
            query.speakers,
            live,
            lambda candidate: candidate.speaker.casefold() in query.speakers,
        ),
        "author": weights.author
        * _discriminating(
            query.about_asker or query.about_mynah,
            live,
            lambda candidate: _meant(query, candidate),
        ),
        "time": weights.time
        * _discriminating(query.spans, live, lambda candidate: _then(query, candidate)),
        "entities": weights.entities
        * _relative(np.array([max(0.0, candidate.entities) for candidate in live])),
        "expected": weights.expected
        * np.array([_expected(query, candidate) for candidate in live]),
    }


def _lexical_leg(raw: Sequence[float]) -> Column:
    scores = np.maximum(np.array(raw, dtype=np.float64), 0.0)
    relative: Column = _relative(scores) ** SHARPNESS
    return relative


def _relative(scores: Column) -> Column:
    best = scores.max()
    return scores / best if best > 0 else scores


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


def _discriminating(
    pointed: object, live: Sequence[Candidate], is_meant: Callable[[Candidate], bool]
) -> Column:
    """Return the flags as numbers, or zeros where everybody has one: then it says nothing.

    Args:
        pointed: false if the question points at nothing of the kind.
        live: the candidates.
        is_meant: whether the question points at this one.
    """
    flags = [is_meant(candidate) for candidate in live] if pointed else ()
    return np.zeros(len(live)) if all(flags) else np.array(flags, dtype=np.float64)


def _meant(query: QueryFeatures, candidate: Candidate) -> bool:
    return (query.about_asker and candidate.author == "asker") or (
        query.about_mynah and candidate.author == "mynah"
    )


def _then(query: QueryFeatures, candidate: Candidate) -> bool:
    moment = candidate.said_at
    return moment is not None and any(span.holds(moment) for span in query.spans)


def _expected(query: QueryFeatures, candidate: Candidate) -> float:
    """Return how far the candidate holds what answers hold, in [0, 1].

    What people like stands in their own words, not in Mynah's advice.
    """
    if query.preference and candidate.author == "mynah":
        return 0.0
    weight = max(0.0, candidate.expected)
    return weight / (weight + ENOUGH)


def _malus(live: Sequence[Candidate], weights: Weights) -> Column:
    """Return what each loses for its form; passages nothing: they were cut to one size."""
    asks = np.array([candidate.text.rstrip().endswith(("?", "？")) for candidate in live])
    long = np.log((np.array([candidate.length for candidate in live]) + 1) / USUAL_TERMS)
    cut = np.array([candidate.kind == "knowledge" for candidate in live])
    malus = weights.question * asks + weights.length * np.maximum(long, 0.0)
    return np.where(cut, 0.0, malus)


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
