"""The extractive expert: answers from what was recalled, with citations, or says it cannot.

Decides what of the recollections answers a question. It invents nothing: an
answer is made of quotations, places, and what people themselves said.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from integrations.contracts.model import Finished, ModelDeclined, Piece
from integrations.models.offline.compose import (
    code_language,
    located_line,
    place_line,
    quote_code,
    quote_prose,
    source,
    whole,
)
from integrations.models.offline.small_talk import (
    HOW_TO_ADD,
    asks,
    connect,
    distress,
    orders,
    remark,
    small_talk,
    told,
)
from integrations.models.offline.streaming import in_pieces
from learning.citations import marks
from learning.extract import Match, rank, similarity
from learning.lexicon import Lexicon
from learning.memory.phrases import secret
from learning.projects.sought import seek
from learning.projects.where import places
from learning.sentences import units

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime

    from integrations.contracts.model import ModelRequest
    from learning.recollection import Recollection

WELL_RATED: Final = 4.0
"""Mean vote, of 5, from which an earlier answer may be given again."""
SAME_QUESTION: Final = 0.7
"""Similarity from which two questions are taken to be the same."""
ENOUGH: Final = 0.55
"""Share of the question's weight that a passage must cover to be quoted at all."""
NEAR_BEST: Final = 0.85
"""A further passage is quoted if its score reaches this share of the best one's."""

SURE_PLACE: Final = 0.75
"""Score from which a place in the code is shown; below it, what was found is quoted as usual."""

NEAR_PLACE: Final = 0.65
"""The same for a place in code, when the question asks where something is."""


class ExtractiveExpert:
    """Answers for a role that no language model plays.

    Args:
        role: the role's name, such as "lead".
        lexicon: cuts words; the English one by default.
    """

    def __init__(self, role: str, *, lexicon: Lexicon | None = None) -> None:
        self._role = role
        self._lexicon = lexicon or Lexicon()

    @property
    def id(self) -> str:
        """The same for every role: asking another one would give the same answer."""
        return "offline:extractive"

    @property
    def streams_text(self) -> bool:
        """No: it quotes, it cannot classify or summarise."""
        return False

    async def stream(self, request: ModelRequest) -> AsyncIterator[Piece | Finished]:
        """Answer line by line.

        Raises:
            ModelDeclined: if what was recalled does not answer the question.
        """
        text, finished = await self.complete(request)
        for piece in in_pieces(text):
            yield Piece(piece)
        yield finished

    async def complete(self, request: ModelRequest) -> tuple[str, Finished]:
        """Answer at once.

        Raises:
            ModelDeclined: if what was recalled does not answer the question.
        """
        text = self._talk(request) or self._answer(request)
        cited = marks(text, len(request.recollections))
        return text, Finished(cost_usd=0.0, model=self.id, cited=cited)

    async def close(self) -> None:
        """Nothing to give back."""

    def _talk(self, request: ModelRequest) -> str | None:
        """Return what is said to a message that is no question at all."""
        if request.reading:
            # "yes" or "2" chose what is asked now; only distress outranks that.
            return distress(request.question)
        text = request.question
        return small_talk(text, self._role) or remark(text, self._role, _ours(request))

    def _answer(self, request: ModelRequest) -> str:
        question, recollections = request.reading or request.question, request.recollections
        given = self._given(question, recollections)
        if given is not None:
            return given
        if (located := self._located(question, recollections)) is not None:
            return located
        ranked, weights = rank(question, recollections, self._lexicon)
        usable = [m for m in ranked if self._may_quote(question, m.recollection)]
        if not weights or not usable or usable[0].coverage < ENOUGH:
            said = None if request.reading else question
            acknowledged = said and told(said, _ours(request), learns=request.learns)
            if acknowledged is not None:
                return acknowledged
            raise ModelDeclined(self.id, self._unknown(question, recollections, usable, weights))
        best = usable[0]
        asks_where = bool(_WHERE.search(question.lower()))

        def near(match: Match) -> bool:
            # Who asks where wants the place in the code, even if prose says it better.
            place = asks_where and self._is_called(match.recollection, question)
            return match.score >= (NEAR_PLACE if place else NEAR_BEST) * best.score

        chosen = [m for m in usable if m.coverage >= ENOUGH and near(m)][:3]
        if best.named:
            # The question names it: its neighbours are beside the point.
            chosen = [m for m in chosen if m.named]
        parts = (self._places if asks_where else self._quotations)(question, chosen, weights)
        if not parts:
            raise ModelDeclined(self.id, self._unknown(question, recollections, usable, weights))
        lacking = self._lacking(question, chosen)
        if lacking:
            parts.append(f"_What I found does not mention {lacking}._")
        return "\n\n".join(parts)

    def _located(self, question: str, recollections: Sequence[Recollection]) -> str | None:
        """Return where in the code something stands, if that is asked and known."""
        sought = seek(question, self._lexicon)
        found = [] if sought is None else places(sought, recollections, self._lexicon)
        if sought is None or not found or not (found[0].called and found[0].score >= SURE_PLACE):
            return None
        best = found[0]
        match = Match(best.index, best.recollection, best.coverage, best.score, frozenset(), False)
        language = code_language(best.recollection) or ""
        lone = len(found) == 1
        quoted = quote_code(match, language, sought.terms, self._lexicon, head=lone)
        if lone:
            return quoted
        listed = "\n".join(f"- {located_line(place)} [{place.index + 1}]" for place in found)
        return f"{listed}\n\n{quoted}"

    def _is_called(self, recollection: Recollection, question: str) -> bool:
        """Tell whether a piece of code has a word of the question in its name or path."""
        place = recollection.place
        if place is None or code_language(recollection) is None:
            return False
        terms = {t for t, w in self._lexicon.terms(question).items() if w >= 1.0}
        return bool(terms & set(self._lexicon.stems(f"{place.path} {place.title}")))

    def _may_quote(self, question: str, recollection: Recollection) -> bool:
        """Tell whether it is evidence.

        Our own unrated answers are none, nor is what was asked or wished for before, nor a
        secret for whoever just gives one away.
        """
        if recollection.kind == "answer":
            return _well_rated(recollection)
        if recollection.kind == "message":
            return not _only_asks(recollection.text) and not (
                secret(recollection.text) and secret(question)
            )
        if recollection.memory == "goal":
            about_it = asks(question) and not orders(question)
            return about_it or not self._wished(question, recollection.text)
        return recollection.memory != "history"

    def _wished(self, question: str, goal: str) -> bool:
        """Tell whether a request is what made a goal: the same words, or some of them."""
        asked = self._lexicon.terms(question).keys()
        return (
            similarity(question, goal, self._lexicon) >= SAME_QUESTION
            or asked <= self._lexicon.terms(goal).keys()
        )

    def _given(self, question: str, recollections: Sequence[Recollection]) -> str | None:
        """Return what people said or approved as the answer to this very question."""
        found: list[tuple[tuple[bool, float, datetime], int]] = []
        for index, r in enumerate(recollections):
            corrected = r.kind == "correction"
            if not (corrected or _well_rated(r)) or not r.question or not r.text.strip():
                continue
            alike = similarity(question, r.question, self._lexicon)
            if alike >= SAME_QUESTION:
                # A correction beats a rating; then the closer question, then the newer word.
                found.append(((corrected, round(alike, 3), r.said_at), -index))
        if not found:
            return None
        index = -max(found)[1]
        return whole(recollections[index], index + 1)

    def _places(
        self, question: str, chosen: Sequence[Match], weights: Mapping[str, float]
    ) -> list[str]:
        """Return the list of places in code first, then what stands at the best of them."""
        code = [m for m in chosen if code_language(m.recollection) is not None]
        prose = [m for m in chosen if m not in code]
        if chosen[0] not in code and not any(
            self._is_called(m.recollection, question) for m in code
        ):
            # Code that merely mentions the word does not push prose aside.
            return self._quotations(question, chosen, weights)
        if len(code) < 2:  # noqa: PLR2004 - one place is no list
            return self._quotations(question, [*code, *prose], weights)
        listed = "\n".join(f"- {place_line(m)} [{m.index + 1}]" for m in code)
        language = code_language(code[0].recollection) or ""
        snippet = quote_code(code[0], language, weights, self._lexicon, head=False)
        return [listed, snippet, *self._quotations(question, prose[:1], weights)]

    def _quotations(
        self, question: str, chosen: Sequence[Match], weights: Mapping[str, float]
    ) -> list[str]:
        parts = []
        for nth, match in enumerate(chosen):
            language = code_language(match.recollection)
            if match.recollection.kind in {"correction", "answer"}:
                asked = source(match.recollection)
                parts.append(f"{whole(match.recollection, match.index + 1)}\n\n— {asked}")
            elif language is not None:
                # One definition answers; more than two bury it.
                if nth < 2:  # noqa: PLR2004 - explained above
                    parts.append(quote_code(match, language, weights, self._lexicon))
            else:
                limit = 3 if nth == 0 else 1
                parts.append(quote_prose(question, match, weights, self._lexicon, limit=limit))
        return [part for part in parts if part]

    def _lacking(self, question: str, chosen: Sequence[Match]) -> str:
        """Return the question's own words that no quoted passage holds."""
        everywhere = frozenset.intersection(*(m.missing for m in chosen))
        return self._spelt(question, everywhere)

    def _spelt(self, question: str, stems: frozenset[str]) -> str:
        terms = self._lexicon.terms(question)
        words = {
            word: None
            for word in _TOKEN.findall(question)
            if any(s in stems and terms.get(s, 0.0) >= 1.0 for s in self._lexicon.stems(word))
        }
        return ", ".join(f"“{word}”" for word in list(words)[:5])

    def _unknown(
        self,
        question: str,
        recollections: Sequence[Recollection],
        usable: Sequence[Match],
        weights: Mapping[str, float],
    ) -> str:
        if not recollections:
            searched = "I don't know: nothing I have been given speaks of this."
        else:
            n = len(recollections)
            searched = (
                f"I don't know: I looked through the {n} closest passages and messages and none "
                "answers this."
                if n > 1
                else "I don't know: the closest thing I found does not answer this."
            )
            missing = frozenset(weights)
            for match in usable:
                missing &= match.missing
            words = self._spelt(question, missing)
            if words:
                searched += f" None mentions {words}." if n > 1 else f" It lacks {words}."
        return f"{searched} {HOW_TO_ADD} {connect(self._role)}"


def _well_rated(recollection: Recollection) -> bool:
    return (
        recollection.kind == "answer"
        and recollection.rating is not None
        and recollection.rating >= WELL_RATED
    )


def _only_asks(text: str) -> bool:
    """Tell whether every sentence of a message is a question."""
    found = units(text)
    return bool(found) and all(_ASKS.search(unit.text) for unit in found)


def _ours(request: ModelRequest) -> tuple[str, ...]:
    return tuple(said.text for said in request.history if said.by == "mynah")


_ASKS = re.compile(r"[?\uff1f][\s)\"'”»*_]*$")
_WHERE = re.compile(
    r"\bwhere\b|\bwhich (?:file|module|class|function|line)|\bin what file\b|\bwo (?:ist|wird)\b"
    r"|\boù\b|\bdónde\b"
)
_TOKEN = re.compile(r"[^\W_][\w'’-]*")
