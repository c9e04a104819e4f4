"""What prompt variants are made of and which may be tried."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.roles import ROLE_NAMES, RoleName
from learning.routing.slots import Tally, best_supported
from learning.routing.variants import (
    ASPECTS,
    MOST_ASPECTS,
    MOST_LEARNED,
    aspects_of,
    instructions,
    portfolio,
    with_wishes,
)
from learning.task_types import TASK_TYPES, TaskType

NAMES = [aspect.name for aspect in ASPECTS]
OPPOSITES = {aspect.name: set(aspect.opposites) for aspect in ASPECTS}


@pytest.mark.parametrize("role", ROLE_NAMES)
@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_every_role_starts_with_three_variants(role: RoleName, task_type: TaskType) -> None:
    assert portfolio(role, task_type, ()) == ("default", "detailed", "concise")


def test_the_default_adds_nothing_and_every_other_variant_does() -> None:
    assert instructions("default") == ""
    assert instructions("") == ""
    said = {instructions(with_wishes("default", [name])) for name in NAMES}
    assert len(said) == len(NAMES)
    assert all(sentence.endswith(".") for sentence in said)


def test_a_combination_says_both_in_the_order_of_the_table() -> None:
    both = instructions("detailed+comments")
    assert both == f"{instructions('detailed')} {instructions('comments')}"


@pytest.mark.parametrize(
    ("variant", "aspects", "result"),
    [
        ("default", ("comments",), "comments"),
        ("detailed", ("comments",), "detailed+comments"),
        ("comments", ("detail",), "detailed+comments"),
        ("detailed+comments", ("brief",), "concise+comments"),
        ("comments", ("no_comments",), "no_comments"),
        ("default", ("detail", "brief"), "concise"),
        ("default", ("brief", "detail"), "detailed"),
        ("detailed+steps+examples", ("code_only",), "code_only"),
        ("detailed", (), "detailed"),
        ("detailed", ("detail",), "detailed"),
        ("default", ("rhymes",), "default"),
        ("rhymes", ("comments",), "comments"),
        ("default+comments", (), "comments"),
        ("", ("comments",), "comments"),
    ],
)
def test_wishes_are_added_and_what_contradicts_them_goes(
    variant: str, aspects: tuple[str, ...], result: str
) -> None:
    assert with_wishes(variant, aspects) == result


@given(st.lists(st.sampled_from(NAMES), max_size=12), st.lists(st.sampled_from(NAMES), max_size=6))
def test_a_variant_never_contradicts_itself_and_stays_small(
    earlier: list[str], later: list[str]
) -> None:
    made = with_wishes(with_wishes("default", earlier), later)
    aspects = aspects_of(made)
    assert len(aspects) <= MOST_ASPECTS
    assert not any(other in OPPOSITES[each] for each in aspects for other in aspects)
    assert with_wishes(made, ()) == made
    assert with_wishes(made, aspects) == made
    if later:
        assert later[-1] in aspects


def test_opposites_are_opposites_of_each_other() -> None:
    assert all(name in OPPOSITES[other] for name in NAMES for other in OPPOSITES[name])


def test_learned_variants_join_in_the_order_of_their_support() -> None:
    tallies = {
        "default": Tally(9.0, 5.0),
        "comments": Tally(2.0, 1.9),
        "detailed+comments": Tally(3.0, 2.8),
        "steps": Tally(float("nan"), 1.0),
    }
    assert portfolio("lead", "code", best_supported(tallies)) == (
        "default",
        "detailed",
        "concise",
        "detailed+comments",
        "comments",
        "steps",
    )


def test_no_more_than_eight_learned_variants_are_tried() -> None:
    learned = [with_wishes("default", [a, b]) for a in ("detail", "brief") for b in NAMES]
    found = portfolio("lead", "code", learned)
    assert len(found) == 3 + MOST_LEARNED
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    "name", ["rhymes", "comments+rhymes", "", "+", "detailed+concise", "x" * 999]
)
def test_a_variant_that_this_version_does_not_know_is_dropped(name: str) -> None:
    assert portfolio("lead", "code", [name]) == ("default", "detailed", "concise")


def test_two_spellings_of_a_variant_are_tried_once() -> None:
    learned = ["comments+detailed", "detailed+comments", "default+detailed"]
    assert portfolio("lead", "code", learned)[3:] == ("detailed+comments",)


def test_a_variant_is_tried_only_where_it_makes_sense() -> None:
    assert "comments" in portfolio("lead", "code", ["comments"])
    assert "comments" not in portfolio("router", "general", ["comments"])
    assert "code_first" not in portfolio("math", "maths", ["code_first"])
    assert "code_first" in portfolio("lead", "code", ["code_first"])


def test_a_set_of_names_gives_the_same_portfolio_every_time() -> None:
    assert portfolio("lead", "code", {"steps", "comments", "plain"})[3:] == (
        "comments",
        "plain",
        "steps",
    )
