"""What people get after they said what they want."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from learning.routing.crediting import Attempt, Voices, Vote
from learning.routing.slots import Tally, pick
from tests.learning.routing.stories import PLAIN, Ledger, fallen_back, wished


def test_one_wish_changes_what_that_person_gets_next_and_nobody_else() -> None:
    ledger = Ledger()
    ledger.apply("1", PLAIN, wished("ann", "please add comments"))
    assert ledger.variant("ann") == "comments"
    assert ledger.variant("bob") == "default"


def test_further_wishes_build_on_the_variant_that_was_used() -> None:
    ledger = Ledger()
    ledger.apply("1", PLAIN, wished("ann", "please add comments"))
    ledger.apply("2", replace(PLAIN, variant="comments"), wished("ann", "explain more"))
    assert ledger.variant("ann") == "detailed+comments"
    ledger.apply("3", replace(PLAIN, variant="detailed+comments"), wished("ann", "too long"))
    assert ledger.variant("ann") == "concise+comments"


def test_wishes_of_three_people_move_everybody_s_default_and_taking_back_undoes_it() -> None:
    ledger = Ledger()
    told = ("ann", "bob", "eve")
    seen = []
    for user_id in told:
        ledger.apply(user_id, PLAIN, wished(user_id, "can you comment the code?"))
        seen.append(ledger.variant("newcomer"))
    assert seen == ["default", "default", "comments"]
    ledger.apply("eve", PLAIN, Voices())
    assert ledger.variant("newcomer") == "default"
    assert ledger.variant("eve") == "default"
    assert ledger.variant("ann") == "comments"
    for user_id in told:
        ledger.apply(user_id, PLAIN, Voices())
    assert set(ledger.tallies.values()) == {Tally()}


def test_a_thousand_wishes_of_one_person_move_nobody_else() -> None:
    ledger = Ledger()
    for turn in range(1_000):
        ledger.apply(str(turn), PLAIN, wished("eve", "too long"))
    assert ledger.variant("eve") == "concise"
    assert ledger.variant("bob") == "default"


def test_a_person_can_turn_down_what_everybody_else_wanted() -> None:
    ledger = Ledger()
    for user_id in ("ann", "bob", "eve"):
        ledger.apply(user_id, PLAIN, wished(user_id, "add comments"))
    ledger.apply("5", replace(PLAIN, variant="comments"), wished("dan", "no comments please"))
    assert ledger.variant("dan") == "no_comments"
    assert ledger.variant("newcomer") == "comments"


def test_who_was_content_for_long_gets_what_they_ask_for_now() -> None:
    ledger = Ledger()
    for turn in range(60):
        ledger.apply(str(turn), PLAIN, Voices(votes=(Vote("ann", 1.0),)))
    assert ledger.variant("ann") == "default"
    ledger.apply("now", PLAIN, wished("ann", "step by step please"))
    assert ledger.variant("ann") == "steps"
    told = replace(PLAIN, variant="steps")
    for turn in range(20):
        ledger.apply(f"after {turn}", told, Voices(votes=(Vote("ann", 0.75 + 0.25 * (turn % 2)),)))
    assert ledger.variant("ann") == "steps", "a four-star vote does not take it back"


def test_votes_on_fallen_back_answers_teach_who_is_next() -> None:
    """Mathstral fails on an algorithm, the lead is asked, the architect does it well."""
    ledger = Ledger()
    order = ("lead", "senior", "architect")

    def after_math() -> str:
        shared = ledger.rows("fallback", "math", "maths", "")
        own = ledger.rows("fallback", "math", "maths", "ann")
        return pick(order, shared, own, np.random.default_rng(0), explore=False).option

    failed = Attempt("math", "mathstral-1", "declined")
    story = fallen_back(failed, Attempt("lead", "deepseek-1", "empty"))
    assert after_math() == "lead"
    ledger.apply("1", story, Voices(votes=(Vote("ann", 1.0),)))
    assert after_math() == "architect"
    ledger.apply("1", story, Voices(votes=(Vote("ann", 0.0),)))
    assert after_math() == "lead"
