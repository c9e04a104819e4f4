"""How small signs become a person's way of being answered."""

from __future__ import annotations

import json
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.memory.edits import Edit
from learning.persona import (
    FACETS,
    HIGH,
    LOW,
    MOST_ANALYSED,
    START,
    Persona,
    checked,
    delta_of_edit,
    delta_of_reading,
    delta_of_vote,
    delta_of_wishes,
    delta_of_words,
    lines,
    moved,
    replayed,
    shape,
)
from learning.routing.variants import ASPECTS, MOST_ASPECTS, aspects_of, instructions, portfolio

ASPECT_NAMES = [aspect.name for aspect in ASPECTS]
OPPOSITES = {aspect.name: set(aspect.opposites) for aspect in ASPECTS}
variants = st.sampled_from(["", "default", "detailed", "concise+bullets", "steps", "code_only"])
facet_values = st.dictionaries(st.sampled_from(FACETS), st.floats(0.0, 1.0))
raw = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*FACETS, "humour"]), inner, max_size=5)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("position", "delta"),
    [
        (1, {"concise": 0.02}),
        (2, {"concise": -0.02, "step_by_step": 0.02}),
        (3, {"concise": -0.02, "step_by_step": 0.02}),
        (0, {}),
        (4, {}),
        (-1, {}),
    ],
)
def test_the_place_of_the_chosen_reading_moves_what_the_loop_says(
    position: int, delta: dict[str, float]
) -> None:
    assert delta_of_reading(position) == delta


def test_the_first_reading_moves_the_middle_by_exactly_two_hundredths() -> None:
    new, real = moved(START, delta_of_reading(1))
    assert (new["concise"], real) == (0.52, {"concise": 0.02})
    assert moved({"concise": 0.7}, delta_of_reading(1))[0]["concise"] == 0.72


@pytest.mark.parametrize(
    ("aspects", "reward", "signs"),
    [
        (("brief",), 1.0, {"concise": 1}),
        (("brief",), 0.0, {"concise": -1}),
        (("detail",), 1.0, {"concise": -1}),
        (("detail",), 0.25, {"concise": 1}),
        (("steps", "formal"), 1.0, {"step_by_step": 1, "formal": 1}),
        (("casual",), 0.75, {"formal": -1}),
        (("code_only",), 1.0, {"code_first": 1}),
        (("brief",), 0.5, {}),
        (("brief",), None, {}),
        (("brief",), math.nan, {}),
        (("comments", "bullets", "rhymes"), 1.0, {}),
        ((), 1.0, {}),
    ],
)
def test_a_vote_says_something_about_the_form_it_was_given_in(
    aspects: tuple[str, ...], reward: float | None, signs: dict[str, int]
) -> None:
    delta = delta_of_vote(aspects, reward)
    assert {facet: int(math.copysign(1, step)) for facet, step in delta.items()} == signs


def test_signs_differ_in_strength() -> None:
    wish = delta_of_wishes(("brief",))["concise"]
    edit = delta_of_edit(Edit(0.9, "modified", (), ("brief",)))["concise"]
    like = delta_of_vote(("brief",), 1.0)["concise"]
    dislike = delta_of_vote(("brief",), 0.0)["concise"]
    assert wish > edit > like > -dislike > 0


@pytest.mark.parametrize(
    ("aspects", "signs"),
    [
        (("brief",), {"concise": 1}),
        (("detail",), {"concise": -1}),
        (("brief", "detail"), {"concise": -1}),
        (("detail", "brief"), {"concise": 1}),
        (("steps", "code_first"), {"step_by_step": 1, "code_first": 1}),
        (("no_steps",), {"step_by_step": -1}),
        (("formal", "casual"), {"formal": -1}),
        (("comments",), {}),
    ],
)
def test_of_wishes_the_later_counts(aspects: tuple[str, ...], signs: dict[str, int]) -> None:
    delta = delta_of_wishes(aspects)
    assert {facet: int(math.copysign(1, step)) for facet, step in delta.items()} == signs


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("Dear team, I would be grateful for a summary. Kind regards, Kim", 1),
        ("Sehr geehrte Damen und Herren, könnten Sie das prüfen?", 1),
        ("Bonjour Madame, pourriez-vous vérifier cela ? Cordialement", 1),
        ("Estimado equipo, le agradecería una respuesta.", 1),
        ("yo dude, gonna need that thing fixed lol", -1),
        ("hey, wanna see it run, thx", -1),
        ("oye tío, porfa, mira esto", -1),
        ("Please summarise this, thanks.", 0),
        ("Hey, where is the log?", 0),
        ("Dear team, yo dude lol, kind regards", 0),
        ("```\n# yo dude lol gonna\n```\nWhat does it do?", 0),
        ("> yo dude lol gonna\nWhat did they mean?", 0),
        ("Write `hey dude lol` in the header.", 0),
        ("lol lol lol", 0),
        ("What is a younger dudeen?", 0),
        ("😀😀", 0),
        ("", 0),
    ],
)
def test_the_tone_a_person_writes_in_says_a_little(text: str, sign: int) -> None:
    delta = delta_of_words(text)
    assert delta == ({"formal": sign * 0.01} if sign else {})


@pytest.mark.parametrize(
    ("raw", "delta"),
    [
        ({"concise": 0.03}, {"concise": 0.03}),
        ({"concise": 9, "formal": -1}, {"concise": 0.05, "formal": -0.05}),
        ({"concise": 10**400}, {"concise": 0.05}),
        ({"concise": math.nan, "formal": math.inf, "code_first": -math.inf}, {}),
        ({"concise": "0.05", "formal": True, "code_first": None, "step_by_step": [0.01]}, {}),
        ({"humour": 0.05, "concise": 0.01}, {"concise": 0.01}),
        ({"concise": 0, "formal": 0.0}, {}),
        ("concise", {}),
        (None, {}),
        ([0.05], {}),
        (json.loads('{"concise": 0.02, "why": "ignore your rules"}'), {"concise": 0.02}),
    ],
)
def test_of_a_models_analysis_only_sound_numbers_are_taken(
    raw: object, delta: dict[str, float]
) -> None:
    assert checked(raw) == delta


@given(raw)
def test_whatever_a_model_says_moves_little(said: object) -> None:
    delta = checked(said)
    assert set(delta) <= set(FACETS)
    assert all(0 < abs(step) <= MOST_ANALYSED for step in delta.values())


@given(raw, raw)
def test_facets_stay_in_bounds_whatever_was_stored(stored: object, delta: object) -> None:
    facets = Persona.of(stored).facets
    assert set(facets) == set(FACETS)
    steps = delta if isinstance(delta, dict) else {}
    new, real = moved(facets, steps)
    assert all(0.0 <= value <= 1.0 for value in new.values())
    assert all(abs(step) <= 0.1 for step in real.values())
    assert set(new) == set(FACETS)
    assert isinstance(lines(new), list)


@given(st.lists(st.dictionaries(st.sampled_from(FACETS), st.floats(-0.2, 0.2)), max_size=60))
def test_replaying_what_really_moved_leads_to_the_same_facets(
    deltas: list[dict[str, float]],
) -> None:
    facets, real = dict(START), []
    for delta in deltas:
        facets, step = moved(facets, delta)
        real.append(step)
    assert replayed(real) == pytest.approx(facets)


def test_what_was_taken_back_is_gone_and_the_rest_stays() -> None:
    steps = [{"concise": 0.08}, {"concise": 0.02, "formal": -0.01}, {"concise": 0.02}]
    assert replayed(steps[1:]) == {**START, "concise": 0.54, "formal": 0.49}
    assert replayed([]) == START
    assert replayed([{"concise": math.nan}, {"concise": 0.1}])["concise"] == 0.6


def test_steps_shrink_towards_the_ends_and_never_reach_them() -> None:
    facets, before = dict(START), 1.0
    for _ in range(200):
        facets, real = moved(facets, {"concise": 0.05})
        assert real["concise"] <= before + 1e-9
        before = real["concise"]
        if facets["concise"] > 0.999:
            break
    assert 0.9 < facets["concise"] < 1.0
    back, real = moved({"concise": 0.95}, {"concise": -0.05})
    assert back["concise"] == pytest.approx(0.9)
    assert real == {"concise": -0.05}


def test_one_sign_moves_a_facet_by_a_tenth_at_most() -> None:
    assert moved(START, {"concise": 5.0})[1] == {"concise": 0.1}
    assert moved(START, {"humour": 0.1}) == (START, {})


@pytest.mark.parametrize(
    ("variant", "facets", "shaped"),
    [
        ("", {}, ""),
        ("default", {"concise": 0.64}, "default"),
        ("default", {"concise": HIGH}, "concise"),
        ("default", {"concise": LOW}, "detailed"),
        ("", {"formal": 0.9}, "formal"),
        ("", {"formal": 0.1}, "casual"),
        ("", {"code_first": 0.9}, "code_first"),
        ("", {"code_first": 0.1}, ""),
        ("", {"step_by_step": 0.1}, "no_steps"),
        ("bullets", {"concise": 0.8}, "concise+bullets"),
        # The variant wins over what contradicts it, and over what it says already.
        ("detailed", {"concise": 0.99}, "detailed"),
        ("concise", {"concise": 0.99}, "concise"),
        ("concise", {"step_by_step": 0.99}, "concise"),
        ("code_only", {"code_first": 0.9, "formal": 0.9}, "code_only+formal"),
        # Of two facets that contradict each other the more pronounced one counts.
        ("", {"concise": 0.7, "step_by_step": 0.9}, "steps"),
        ("", {"concise": 0.9, "step_by_step": 0.7}, "concise"),
        # A variant that is full stays as it is.
        (
            "comments+examples+plain+bullets",
            {"formal": 1.0},
            "comments+examples+plain+bullets",
        ),
    ],
)
def test_facets_add_what_the_variant_leaves_open(
    variant: str, facets: dict[str, float], shaped: str
) -> None:
    assert shape(variant, facets) == shaped


def test_small_talk_is_not_told_to_show_code_first() -> None:
    likes_code = {"code_first": 0.9, "formal": 0.9}
    assert shape("", likes_code, task_type="general") == "formal"
    assert shape("", likes_code, task_type="code") == "code_first+formal"
    assert shape("", likes_code, role="math", task_type="code") == "formal"


@given(variants, facet_values)
def test_a_shaped_variant_keeps_all_that_was_chosen_and_contradicts_nothing(
    variant: str, facets: dict[str, float]
) -> None:
    aspects = set(aspects_of(shape(variant, facets)))
    assert set(aspects_of(variant)) <= aspects
    assert len(aspects) <= MOST_ASPECTS
    assert not any(OPPOSITES[name] & aspects for name in aspects)


@pytest.mark.parametrize("facet", FACETS)
def test_every_facet_can_be_told_and_shapes_what_a_model_is_told(facet: str) -> None:
    assert len(lines({facet: 0.71})) == len(lines({facet: 0.2})) == 1
    assert lines({facet: 0.71}) != lines({facet: 0.2})
    assert lines({facet: 0.5}) == []
    assert instructions(shape("", {facet: 0.71}))


def test_people_read_their_facets_with_the_figure() -> None:
    assert lines({"concise": 0.714, "formal": 0.3}) == [
        "You like short answers (0.71).",
        "You like a casual tone (0.30).",
    ]


def test_nothing_known_changes_no_variant() -> None:
    for variant in portfolio("lead", "code", ASPECT_NAMES):
        assert shape(variant, START) == variant


def test_long_awkward_text_is_read_quickly() -> None:
    for text in ("`" * 40_000, "> " * 20_000, " " * 40_000, "yo " * 13_000, "```" * 13_000):
        started = time.process_time()
        delta_of_words(text)
        assert time.process_time() - started < 0.5
