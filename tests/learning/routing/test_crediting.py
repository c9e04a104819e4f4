"""What a turn and people's signals say about what was chosen."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given

from learning.routing.contract import Option
from learning.routing.crediting import (
    ACCEPTED,
    COPIED,
    CORRECTED,
    FAILED,
    FOLLOWED_UP,
    MODIFIED,
    ON_THE_MERITS,
    REJECTED,
    THANKED,
    Attempt,
    Rule,
    Story,
    Voices,
    Vote,
    Wish,
    claims,
    modified,
)
from tests.learning.routing.stories import PLAIN, SILENCE, fallen_back, stories, voiced, wished


def by_subject(story: Story, voices: Voices = SILENCE) -> dict[str, tuple[float, float]]:
    return {
        f"{c.subject.kind} {c.subject.role} {c.subject.option} {c.subject.user_id}".strip(): (
            c.reward,
            c.weight,
        )
        for c in claims(story, voices)
    }


def test_no_reaction_claims_nothing() -> None:
    assert claims(PLAIN) == ()


def test_a_vote_speaks_of_the_arm_and_a_little_of_each_setting() -> None:
    assert by_subject(PLAIN, Voices(votes=(Vote("bob", 0.75),))) == {
        "arm lead deepseek-1": (0.75, 1.0),
        "variant lead default bob": (0.75, 0.1),
        "temperature lead provider bob": (0.75, 0.25),
        "max_tokens lead 1 bob": (0.75, 0.25),
    }


def test_settings_that_were_not_chosen_are_not_spoken_of() -> None:
    bare = replace(PLAIN, variant="", temperature="", max_tokens="")
    assert list(by_subject(bare, Voices(votes=(Vote("bob", 1.0),)))) == ["arm lead deepseek-1"]
    assert claims(bare, wished("bob", "add comments")) == ()


def test_a_person_has_one_vote_and_an_answer_one_verdict() -> None:
    many = Voices(votes=(*(Vote("bob", 0.0) for _ in range(1_000)), Vote("ann", 1.0)))
    found = by_subject(PLAIN, many)
    assert found["arm lead deepseek-1"] == (0.5, 1.0)
    assert found["variant lead default bob"] == (0.0, 0.1)


def test_a_changed_mind_counts_as_it_is_now() -> None:
    found = by_subject(PLAIN, Voices(votes=(Vote("bob", 0.0), Vote("bob", 1.0))))
    assert found["arm lead deepseek-1"] == (1.0, 1.0)


def test_votes_of_less_weight_count_for_less() -> None:
    found = by_subject(PLAIN, Voices(votes=(Vote("bob", 0.0, 0.25), Vote("ann", 1.0, 0.25))))
    assert found["arm lead deepseek-1"] == (0.5, 0.5)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_vote_that_is_no_number_is_dropped(bad: float) -> None:
    assert claims(PLAIN, Voices(votes=(Vote("bob", bad), Vote("ann", 1.0, bad)))) == ()


def test_a_vote_out_of_range_is_bounded() -> None:
    found = by_subject(PLAIN, Voices(votes=(Vote("bob", 9.0, 50.0), Vote("ann", -9.0, -1.0))))
    assert found["arm lead deepseek-1"] == (1.0, 1.0)


@pytest.mark.parametrize("forced", ["", "pinned", "asked", "sticky", "only_one"])
def test_an_opinion_is_as_good_about_an_arm_that_was_not_chosen_freely(forced: str) -> None:
    votes = Voices(votes=(Vote("bob", 0.25),))
    assert claims(replace(PLAIN, forced=forced), votes) == claims(PLAIN, votes)


@pytest.mark.parametrize("outcome", ["declined", "failed", "timed_out", "cancelled", "over_budget"])
def test_a_turn_without_an_answer_claims_nothing(outcome: str) -> None:
    story = replace(fallen_back(Attempt("math", "m", "declined")), outcome=outcome)
    voices = Voices((Vote("bob", 0.0),), regenerated=True, wishes=(Wish("bob", ("brief",)),))
    assert claims(story, replace(voices, accepted=True, copied=True)) == ()


@pytest.mark.parametrize(
    ("voices", "reward", "weight"),
    [
        (Voices(regenerated=True), 0.2, 0.4),
        (Voices(asked_again=True), 0.25, 0.2),
        (Voices(regenerated=True, asked_again=True), 0.2, 0.4),
        (Voices(asked_other=Option("math", "m"), regenerated=True), 0.2, 0.4),
    ],
)
def test_who_tries_again_was_not_content_in_part(
    voices: Voices, reward: float, weight: float
) -> None:
    assert by_subject(PLAIN, voices)["arm lead deepseek-1"] == (reward, weight)


@pytest.mark.parametrize(
    ("voices", "reward", "weight"),
    [
        (Voices(accepted=True), 0.9, 0.5),
        (Voices(rejected=True), 0.1, 0.5),
        (Voices(thanked=True), 0.75, 0.2),
        (Voices(copied=True), 0.75, 0.2),
        (Voices(followed_up=True), 0.4, 0.1),
        (Voices(thanked=True, accepted=True, copied=True), 0.9, 0.5),
        (Voices(rejected=True, regenerated=True, asked_again=True), 0.1, 0.5),
        (Voices(accepted=True, rejected=True), 0.1, 0.5),
        (Voices(accepted=True, regenerated=True), 0.9, 0.5),
        (Voices(thanked=True, asked_again=True), 0.25, 0.2),
        (Voices(thanked=True, followed_up=True), 0.75, 0.2),
    ],
)
def test_the_strongest_of_what_people_said_in_passing_counts(
    voices: Voices, reward: float, weight: float
) -> None:
    assert by_subject(PLAIN, voices) == {"arm lead deepseek-1": (reward, weight)}


@pytest.mark.parametrize(
    "rule", [ACCEPTED, REJECTED, THANKED, COPIED, FOLLOWED_UP, MODIFIED], ids=lambda rule: rule.why
)
def test_what_nobody_gave_as_a_vote_has_part_weight(rule: Rule) -> None:
    assert 0.0 < rule.weight < 1.0
    assert 0.0 < rule.reward < 1.0


def test_what_somebody_said_was_wrong_is_made_good_by_who_was_asked_instead() -> None:
    voices = Voices(rejected=True, asked_other=Option("math", "mathstral-1"))
    assert by_subject(PLAIN, voices) == {
        "arm lead deepseek-1": (0.1, 0.5),
        "arm math mathstral-1": (0.75, 0.4),
    }


def test_thanks_do_not_hide_what_a_fallback_showed_and_approval_does() -> None:
    story = fallen_back(Attempt("math", "mathstral-1", "declined"))
    polite = by_subject(story, Voices(thanked=True, copied=True, followed_up=True))
    assert polite == by_subject(story)
    accepted = by_subject(story, Voices(accepted=True))
    assert accepted["arm architect architect-1"] == (0.9, 0.5)
    assert accepted["fallback math architect ann"] == (0.9, 0.5)
    rejected = by_subject(story, Voices(rejected=True))
    assert rejected["fallback math architect ann"] == (0.1, 0.5)


def test_a_change_counts_the_milder_the_more_of_the_answer_is_left() -> None:
    grown = [modified(share / 10) for share in range(5, 11)]
    rewards = [each[0] for each in grown if each is not None]
    assert len(rewards) == 6
    assert rewards == sorted(set(rewards))
    assert rewards[0] == pytest.approx(CORRECTED)
    assert rewards[-1] == pytest.approx(MODIFIED.reward)
    assert modified(7.0) == modified(1.0)


@pytest.mark.parametrize("similarity", [None, math.nan, -1.0, 0.0, 0.49])
def test_what_is_hardly_alike_is_another_answer(similarity: float | None) -> None:
    assert modified(similarity) is None


def test_a_vote_outranks_what_people_did() -> None:
    voices = Voices((Vote("bob", 1.0),), regenerated=True, asked_again=True, rejected=True)
    assert by_subject(PLAIN, voices)["arm lead deepseek-1"] == (1.0, 1.0)
    voices = Voices((Vote("bob", 0.0),), accepted=True, thanked=True, copied=True)
    assert by_subject(PLAIN, voices)["arm lead deepseek-1"] == (0.0, 1.0)


def test_asking_another_arm_credits_both() -> None:
    voices = Voices(asked_other=Option("math", "mathstral-1"))
    assert by_subject(PLAIN, voices) == {
        "arm lead deepseek-1": (0.2, 0.4),
        "arm math mathstral-1": (0.75, 0.4),
    }


def test_who_likes_an_answer_and_asks_another_arm_is_curious() -> None:
    other = Option("math", "mathstral-1")
    liked = by_subject(PLAIN, Voices((Vote("ann", 1.0),), asked_other=other))
    disliked = by_subject(PLAIN, Voices((Vote("ann", 0.0),), asked_other=other))
    assert "arm math mathstral-1" not in liked
    assert disliked["arm math mathstral-1"] == (0.75, 0.4)
    assert disliked["arm lead deepseek-1"] == (0.0, 1.0)


def test_asking_the_same_arm_in_person_is_no_praise() -> None:
    voices = Voices(asked_other=Option("lead", "deepseek-1"))
    assert by_subject(PLAIN, voices) == {"arm lead deepseek-1": (0.2, 0.4)}


@pytest.mark.parametrize("outcome", sorted(ON_THE_MERITS))
def test_a_fallback_that_answers_credits_both_arms_and_the_pair(outcome: str) -> None:
    assert by_subject(fallen_back(Attempt("math", "mathstral-1", outcome))) == {
        "arm architect architect-1": (0.7, 0.3),
        "arm math mathstral-1": (0.0, 0.5),
        "fallback math architect ann": (0.8, 0.5),
    }


@pytest.mark.parametrize(
    "outcome", ["timeout", "unavailable", "rate_limited", "auth", "unknown_model", "over_budget"]
)
def test_a_model_that_was_not_there_is_not_worse_for_it(outcome: str) -> None:
    found = by_subject(fallen_back(Attempt("math", "mathstral-1", outcome)))
    assert found == {"fallback math architect ann": (0.8, 0.5)}


def test_who_failed_in_between_is_no_good_next_either() -> None:
    story = fallen_back(
        Attempt("math", "mathstral-1", "declined"),
        Attempt("lead", "deepseek-1", "empty"),
        Attempt("senior", "codellama-1", "timeout"),
    )
    found = by_subject(story)
    assert found["fallback math lead ann"] == (0.0, 0.5)
    assert found["arm lead deepseek-1"] == (FAILED.reward, FAILED.weight)
    assert not [key for key in found if "senior" in key]


def test_a_vote_on_a_fallen_back_answer_speaks_strongly_of_the_pair() -> None:
    story = fallen_back(Attempt("math", "mathstral-1", "declined"))
    found = by_subject(story, Voices(votes=(Vote("bob", 0.0),)))
    assert found["fallback math architect bob"] == (0.0, 1.0)
    assert "fallback math architect ann" not in found
    assert found["arm architect architect-1"] == (0.0, 1.0)
    assert found["arm math mathstral-1"] == (0.0, 0.5), "it failed, whatever came after"


def test_a_fallback_whose_answer_was_made_again_is_no_success() -> None:
    story = fallen_back(Attempt("math", "mathstral-1", "declined"))
    found = by_subject(story, Voices(regenerated=True))
    assert found["arm architect architect-1"] == (0.2, 0.4)
    assert found["fallback math architect ann"] == (0.2, 0.4)


def test_a_failure_without_a_version_is_that_of_the_chosen_one() -> None:
    found = by_subject(fallen_back(Attempt("math", "", "declined")))
    assert found["arm math mathstral-1"] == (0.0, 0.5)


def test_a_built_in_stand_in_for_the_same_role_is_another_arm_and_no_pair() -> None:
    story = fallen_back(Attempt("math", "mathstral-1", "empty"), to="math")
    assert by_subject(story) == {
        "arm math math-1": (0.7, 0.3),
        "arm math mathstral-1": (0.0, 0.5),
    }


def test_a_wish_is_about_the_variant_and_not_about_the_arm() -> None:
    voices = replace(wished("bob", "add comments"), asked_again=True)
    assert by_subject(PLAIN, voices) == {
        "variant lead default bob": (0.0, 1.0),
        "variant lead comments bob": (1.0, 1.0),
    }


def test_a_wish_outranks_the_same_person_s_vote_on_the_variant_alone() -> None:
    voices = replace(wished("bob", "add comments"), votes=(Vote("bob", 1.0), Vote("ann", 1.0)))
    found = by_subject(PLAIN, voices)
    assert found["variant lead default bob"] == (0.0, 1.0)
    assert found["variant lead default ann"] == (1.0, 0.1)
    assert found["arm lead deepseek-1"] == (1.0, 1.0)


def test_several_wishes_of_one_person_come_together() -> None:
    voices = Voices(wishes=(Wish("bob", ("comments", "detail")), Wish("bob", ("brief",))))
    assert by_subject(PLAIN, voices)["variant lead concise+comments bob"] == (1.0, 1.0)


def test_a_wish_for_what_was_already_told_says_nothing_about_form() -> None:
    story = replace(PLAIN, variant="comments")
    assert claims(story, wished("bob", "add comments")) == ()


def test_what_nobody_in_particular_said_moves_nobody_s_settings() -> None:
    voices = Voices(votes=(Vote("", 1.0),), wishes=(Wish("", ("brief",)),))
    assert {c.subject.kind for c in claims(PLAIN, voices)} == {"arm"}


@given(stories, voiced)
def test_claims_are_bounded_and_one_a_subject(story: Story, voices: Voices) -> None:
    made = claims(story, voices)
    assert len({c.subject for c in made}) == len(made)
    assert all(0.0 <= c.reward <= 1.0 and 0.0 < c.weight <= 1.0 and c.why for c in made)
    assert all((c.subject.user_id == "") == (c.subject.kind == "arm") for c in made)
