from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from learning.lexicon import Lexicon
from learning.precedent import OUTRANKED, Advice, Precedent, advise, outranked
from learning.recollection import Recollection

if TYPE_CHECKING:
    from learning.recollection import RecollectionKind

ASKED = "Which library do we use for retries?"
OTHER = "Which library do we use for charts and plots in reports?"
NOW = datetime(2026, 3, 2, tzinfo=UTC)
LEXICON = Lexicon()


def earlier(
    number: int,
    rating: float | None = None,
    *,
    kind: RecollectionKind = "answer",
    question: str = ASKED,
    role: str = "lead",
    cited: tuple[int, ...] = (),
) -> Precedent:
    return Precedent(
        Recollection(
            UUID(int=number),
            kind,
            f"answer {number}",
            0.0,
            NOW + timedelta(days=number),
            question=question,
            rating=rating,
        ),
        role,
        frozenset(UUID(int=item) for item in cited),
    )


def used(advice: Advice) -> list[int]:
    return [r.id.int for r in advice.use]


def test_nothing_earlier_advises_nothing() -> None:
    assert advise(ASKED, [], LEXICON) == Advice()


@pytest.mark.parametrize(
    ("rating", "is_used", "is_avoided"),
    [
        (5.0, True, False),
        (4.0, True, False),
        (3.0, False, False),
        (None, False, False),
        (2.0, False, True),
        (1.0, False, True),
    ],
)
def test_what_a_rating_advises(rating: float | None, is_used: bool, is_avoided: bool) -> None:
    advice = advise(ASKED, [earlier(1, rating, cited=(7,))], LEXICON)
    assert used(advice) == ([1] if is_used else [])
    assert advice.avoid_items == ({UUID(int=7)} if is_avoided else set())
    assert advice.avoid_roles == ({"lead"} if is_avoided else set())


@pytest.mark.parametrize(("rating", "is_used"), [(None, True), (3.0, True), (2.0, False)])
def test_a_correction_is_used_until_it_is_disliked(rating: float | None, is_used: bool) -> None:
    advice = advise(ASKED, [earlier(1, rating, kind="correction")], LEXICON)
    assert used(advice) == ([1] if is_used else [])


def test_corrections_lead_then_the_newest() -> None:
    precedents = [
        earlier(1, 5.0),
        earlier(2, kind="correction"),
        earlier(3, 5.0),
        earlier(4, kind="correction"),
    ]
    assert used(advise(ASKED, precedents, LEXICON)) == [4, 2, 3, 1]


def test_the_same_question_leads_a_correction_of_another() -> None:
    precedents = [earlier(1, kind="correction", question=OTHER), earlier(2, 5.0)]
    assert used(advise(ASKED, precedents, LEXICON))[0] == 2


def test_a_dislike_counts_for_its_own_question_only() -> None:
    advice = advise(ASKED, [earlier(1, 1.0, question=OTHER, cited=(7,))], LEXICON)
    assert advice == Advice()


def test_what_a_liked_answer_was_built_on_is_not_avoided() -> None:
    precedents = [
        earlier(1, 1.0, cited=(7, 8)),
        earlier(2, 5.0, cited=(8, 9)),
        earlier(3, 1.0, role="math"),
    ]
    advice = advise(ASKED, precedents, LEXICON)
    assert advice.avoid_items == {UUID(int=7)}
    assert advice.avoid_roles == {"math"}


def test_a_correction_has_no_role_to_avoid() -> None:
    advice = advise(ASKED, [earlier(1, 1.0, kind="correction", role="")], LEXICON)
    assert advice.avoid_roles == frozenset()


PASSAGE = Recollection(UUID(int=70), "knowledge", "It is 30 s.", 0.9, NOW, trust=0.8)
OTHERS = Recollection(UUID(int=71), "knowledge", "Something else.", 0.5, NOW)


def correction(number: int, rating: float | None = None) -> Recollection:
    return earlier(number, rating, kind="correction", question=OTHER).recollection


def shown(recollections: tuple[Recollection, ...]) -> list[int]:
    return [r.id.int for r in recollections]


def test_a_passage_stands_behind_its_correction_and_is_trusted_half_as_much() -> None:
    found = outranked([OTHERS, PASSAGE], {PASSAGE.id: [correction(1)]})
    assert shown(found) == [71, 1, 70]
    assert found[1].score == PASSAGE.score
    assert found[2].trust == pytest.approx(PASSAGE.trust * OUTRANKED)
    assert found[0] == OTHERS


def test_a_correction_that_was_found_further_down_moves_up_and_comes_once() -> None:
    own = replace(correction(1), score=0.2)
    found = outranked([PASSAGE, OTHERS, own], {PASSAGE.id: [correction(1)]})
    assert shown(found) == [1, 70, 71]
    assert found[0].score == 0.2


def test_a_correction_that_leads_already_stays_where_it_is() -> None:
    found = outranked([correction(1), OTHERS, PASSAGE], {PASSAGE.id: [correction(1)]})
    assert shown(found) == [1, 71, 70]


def test_two_corrections_of_one_passage_halve_its_trust_once() -> None:
    found = outranked([PASSAGE], {PASSAGE.id: [correction(2), correction(1)]})
    assert shown(found) == [2, 1, 70]
    assert found[2].trust == pytest.approx(PASSAGE.trust * OUTRANKED)


def test_one_correction_of_two_passages_comes_before_both() -> None:
    against = {PASSAGE.id: [correction(1)], OTHERS.id: [correction(1)]}
    found = outranked([PASSAGE, OTHERS], against)
    assert shown(found) == [1, 70, 71]
    assert found[2].trust == pytest.approx(OTHERS.trust * OUTRANKED)


@pytest.mark.parametrize(("rating", "outranks"), [(None, True), (5.0, True), (2.0, False)])
def test_a_correction_that_people_dislike_outranks_nothing(
    rating: float | None, outranks: bool
) -> None:
    found = outranked([PASSAGE], {PASSAGE.id: [correction(1, rating)]})
    assert shown(found) == ([1, 70] if outranks else [70])
    assert (found[-1] == PASSAGE) is not outranks


def test_without_corrections_nothing_changes() -> None:
    assert outranked([PASSAGE, OTHERS], {}) == (PASSAGE, OTHERS)
