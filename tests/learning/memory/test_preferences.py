"""What emerges from what a person does, and what a statement overrules."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.confidence import confidence, permits
from learning.memory.amounts import in_words
from learning.memory.contract import Memory, Observation
from learning.memory.preferences import (
    HALF_LIFE_DAYS,
    LEAST,
    Discovered,
    discover,
    settle,
    together,
)
from learning.scope import person

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
HOME = UUID(int=0)
AUDIENCE = person("kim")


def request(n: int) -> UUID:
    return uuid5(HOME, str(n))


def seen(
    slot: str,
    value: str | float,
    n: int,
    *,
    reward: float | None = None,
    days: float = 0.0,
) -> Observation:
    number = None if isinstance(value, str) else float(value)
    text = value if isinstance(value, str) else ""
    return Observation(slot, text, number, NOW - timedelta(days=days), reward, request(n), AUDIENCE)


def songs(count: int, reward: float | None = 1.0) -> list[Observation]:
    return [seen("music_genre", "hip-hop", n, reward=reward) for n in range(count)]


def only(found: Sequence[Discovered]) -> Discovered:
    assert len(found) == 1
    return found[0]


def stated(slot: str, value: str) -> Memory:
    return Memory(
        id=uuid5(HOME, f"{slot}:{value}"),
        kind="preference",
        user_id="kim",
        audience=AUDIENCE,
        text=f"prefers {value}",
        origin="stated",
        slot=slot,
        value=value,
        tags=(),
        confidence=0.8,
        trust=1.0,
        times_observed=1,
        times_used=0,
        successes=0,
        failures=0,
        valid_from=NOW,
        valid_to=None,
        superseded_by=None,
        created_at=NOW,
        last_seen_at=NOW,
        last_used_at=None,
    )


@pytest.mark.parametrize(
    ("count", "may"), [(3, "ask"), (4, "ask"), (5, "suggest"), (10, "suggest")]
)
def test_the_more_liked_songs_of_a_genre_the_more_may_be_done_with_it(count: int, may: str) -> None:
    assert permits(only(discover(songs(count), NOW)).confidence) == may


@pytest.mark.parametrize("count", [0, 1, 2])
def test_once_or_twice_is_no_habit(count: int) -> None:
    assert discover(songs(count), NOW) == ()


def test_nine_of_ten_suggest_themselves_without_any_rating() -> None:
    found = only(
        discover(
            [seen("language", "typescript" if n else "python", n, days=n / 2) for n in range(10)],
            NOW,
        )
    )
    assert permits(found.confidence) == "suggest"
    assert (found.count, found.of, found.text) == (9, 10, "TypeScript")
    assert found.always
    assert found.draft.text == "always picks TypeScript"


@given(st.integers(1, 200), st.sampled_from([None, 0.5, 1.0]))
def test_an_even_split_is_never_suggested(pairs: int, reward: float | None) -> None:
    halves = [
        seen("language", ("typescript", "python")[n % 2], n, reward=reward)
        for n in range(2 * pairs)
    ]
    assert discover(halves, NOW) == ()


def test_always_is_said_of_nine_in_ten_only() -> None:
    mixed = [seen("language", "typescript" if n % 5 else "python", n) for n in range(20)]
    found = only(discover(mixed, NOW))
    assert (found.count, found.of) == (16, 20)
    assert found.draft.text == "prefers TypeScript"


def test_a_value_named_beside_another_in_one_request_is_not_against_it() -> None:
    both = [seen("language", value, n) for n in range(6) for value in ("typescript", "sql")]
    assert {(d.value, d.count, d.of) for d in discover(both, NOW)} == {
        ("typescript", 6, 6),
        ("sql", 6, 6),
    }


def test_the_confidence_is_lmnhs_of_the_terms_that_are_documented() -> None:
    rated = [
        seen("language", "typescript", n, reward=(1.0 if n < 4 else None), days=3) for n in range(8)
    ]
    weight = 0.5 ** (3 / HALF_LIFE_DAYS)
    expected = confidence(
        times_used=8 * weight,
        success_rate=(4 * weight + 2) / (4 * weight + 4),
        days_since_used=3,
        variance=2 * (1 - (8 * weight + 1) / (8 * weight + 2)),
    )
    assert only(discover(rated, NOW)).confidence == pytest.approx(expected)


def test_no_rating_is_neither_a_like_nor_a_dislike() -> None:
    liked, unrated = (only(discover(songs(6, r), NOW)).confidence for r in (1.0, None))
    neutral = only(discover(songs(6, 0.5), NOW)).confidence
    assert neutral == pytest.approx(unrated)
    assert unrated < liked
    assert only(discover(songs(6, math.nan), NOW)).confidence == unrated
    assert only(discover(songs(6, 7.0), NOW)).confidence == liked


def test_what_was_disliked_does_not_count_as_chosen() -> None:
    assert discover(songs(10, reward=0.1), NOW) == ()
    mixed = [seen("music_genre", "hip-hop", n, reward=(0.0 if n < 2 else 1.0)) for n in range(10)]
    found = only(discover(mixed, NOW))
    assert (found.count, found.of) == (8, 10)
    assert found.confidence < only(discover(songs(8), NOW)).confidence


def test_taste_may_change() -> None:
    old = [seen("deployment", "vercel", n, days=400) for n in range(10)]
    new = [seen("deployment", "fly", n, days=1) for n in range(100, 105)]
    assert only(discover([*old, *new], NOW)).value == "fly"


def test_what_was_not_done_for_long_is_less_sure() -> None:
    recent, old = (
        only(discover([seen("language", "go", n, days=d) for n in range(10)], NOW)).confidence
        for d in (0, 60)
    )
    assert permits(recent) == "suggest"
    assert old < recent - 0.2


def test_an_observation_from_the_future_counts_as_new() -> None:
    ahead = [seen("language", "go", n, days=-400) for n in range(5)]
    today = [seen("language", "go", n) for n in range(5)]
    assert only(discover(ahead, NOW)).confidence == only(discover(today, NOW)).confidence


def test_the_tempo_of_ten_songs_emerges_as_a_lower_bound() -> None:
    rng = random.Random(7)
    tempos = [142, *(rng.randint(143, 159) for _ in range(8)), 160]
    found = only(discover([seen("tempo_bpm", t, n, reward=1.0) for n, t in enumerate(tempos)], NOW))
    assert found.text == "140+ BPM"
    assert found.numbers == (142, 160)
    assert permits(found.confidence) == "suggest"


@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        ((145.0, 145.0, 145.0), "145"),
        ((143.0, 145.0, 147.0), "about 145"),
        ((142.0, 145.0, 151.0), "140–155"),
        ((142.0, 148.0, 152.0, 160.0), "140+"),
        ((120.0, 155.0, 158.0, 160.0), "up to 160"),
        ((2.0, 2.0, 3.0), "2+"),
        ((0.7, 0.72, 0.8), "0.7+"),
        ((1_450.0, 1_700.0, 1_999.0), "1,400+"),
        ((-3.0, -3.0), "-3"),
        ((1_500_000.0,), "1,500,000"),
    ],
)
def test_numbers_are_told_in_few_words(amounts: tuple[float, ...], words: str) -> None:
    assert in_words(amounts) == words


def test_numbers_that_have_nothing_in_common_are_no_taste() -> None:
    wide = [seen("tempo_bpm", t, n) for n, t in enumerate((60, 90, 120, 150, 180))]
    assert discover(wide, NOW) == ()


def test_one_number_far_off_is_an_exception() -> None:
    tempos = [70, *range(142, 152)]
    found = only(discover([seen("tempo_bpm", t, n) for n, t in enumerate(tempos)], NOW))
    assert (found.count, found.of, found.numbers) == (10, 11, (142, 151))


def test_what_cannot_have_been_meant_as_a_number_is_passed_over() -> None:
    odd = [math.nan, math.inf, -math.inf, 1e300]
    tempos = [*[145.0] * 5, *odd]
    found = only(discover([seen("tempo_bpm", t, n) for n, t in enumerate(tempos)], NOW))
    assert (found.text, found.count, found.of) == ("145 BPM", 5, 5)


def test_one_is_told_in_the_singular() -> None:
    pages = [seen("length_pages", 1, n) for n in range(4)]
    assert only(discover(pages, NOW)).text == "1 page"
    assert only(discover([replace(p, number=2.0) for p in pages], NOW)).text == "2 pages"


def test_what_goes_together_is_said_in_one_phrase() -> None:
    observed = [
        each
        for n in range(10)
        for each in (
            seen("music_genre", "hip-hop", n, reward=1.0),
            seen("tempo_bpm", 142 + 2 * n, n, reward=1.0),
        )
    ]
    found = discover(observed, NOW)
    assert together(found, ("tempo_bpm", "music_genre")) == "hip-hop at 140+ BPM"
    assert together(found, ("music_genre",)) == "hip-hop"
    assert together(found, ("tempo_bpm",)) == "140+ BPM"
    assert together(found, ()) == ""


def test_a_number_seen_elsewhere_stands_alone() -> None:
    apart = [
        *(seen("music_genre", "hip-hop", n) for n in range(5)),
        *(seen("tempo_bpm", 145, n) for n in range(50, 55)),
    ]
    assert together(discover(apart, NOW), ("music_genre", "tempo_bpm")) == "hip-hop, 145 BPM"


def test_what_a_person_always_adds_emerges_in_the_order_asked_for() -> None:
    slots = {"language": "typescript", "theme": "dark mode", "deployment": "vercel"}
    observed = [seen(slot, value, n) for n in range(10) for slot, value in slots.items()]
    found = discover(observed, NOW)
    assert together(found, tuple(slots)) == "TypeScript, dark mode, Vercel"
    assert all(each.always for each in found)


def test_names_are_known_ones_or_the_callers() -> None:
    unknown = [seen("flower", "aster", n) for n in range(5)]
    assert only(discover(unknown, NOW)).text == "aster"
    assert only(discover(unknown, NOW, lambda slot, value: f"{value} as {slot}")).text == (
        "aster as flower"
    )


def test_a_discovery_names_each_request_once_newest_first() -> None:
    found = only(discover([seen("language", "go", n, days=n) for n in (2, 0, 1, 1)], NOW))
    assert found.sources == (request(0), request(1), request(2))
    assert found.last_seen == NOW
    draft = found.draft
    assert (draft.kind, draft.origin, draft.slot, draft.value) == (
        "preference",
        "observed",
        "language",
        "go",
    )
    assert draft.confidence == found.confidence


class TestStatements:
    def found(self) -> Discovered:
        return only(discover([seen("language", "typescript", n) for n in range(10)], NOW))

    def test_another_value_stated_leaves_the_discovery_out(self) -> None:
        settled = settle([stated("language", "python")], [self.found()], NOW)
        assert settled.discovered == ()
        assert settled.confirmed == {}

    def test_the_same_value_stated_is_borne_out(self) -> None:
        memory = stated("language", "typescript")
        settled = settle([memory], [self.found()], NOW)
        assert settled.discovered == ()
        expected = 1 - (1 - 0.8) * (1 - self.found().confidence)
        assert settled.confirmed == {memory.id: pytest.approx(expected)}

    def test_a_dislike_leaves_out_only_what_it_names(self) -> None:
        assert settle([stated("language", "not:typescript")], [self.found()], NOW).discovered == ()
        other = settle([stated("language", "not:php")], [self.found()], NOW)
        assert other.discovered == (self.found(),)

    @pytest.mark.parametrize(
        "changes",
        [
            {"valid_to": NOW},
            {"superseded_by": HOME},
            {"origin": "inferred"},
            {"kind": "goal"},
            {"slot": "framework"},
            {"slot": ""},
        ],
    )
    def test_what_does_not_hold_or_was_not_stated_answers_nothing(
        self, changes: dict[str, object]
    ) -> None:
        memory = replace(stated("language", "python"), **changes)  # type: ignore[arg-type]
        assert settle([memory], [self.found()], NOW).discovered == (self.found(),)

    @pytest.mark.parametrize(
        ("value", "agrees"), [("145", True), ("145 bpm", True), ("90", False), ("fast", False)]
    )
    def test_a_stated_number_agrees_if_it_lies_among_the_seen_ones(
        self, value: str, agrees: bool
    ) -> None:
        tempos = [seen("tempo_bpm", t, n) for n, t in enumerate(range(140, 152))]
        settled = settle([stated("tempo_bpm", value)], discover(tempos, NOW), NOW)
        assert settled.discovered == ()
        assert bool(settled.confirmed) is agrees


anything = st.builds(
    lambda slot, value, number, days, reward, n: Observation(
        slot, value, number, NOW - timedelta(days=days), reward, request(n), AUDIENCE
    ),
    st.sampled_from(["", "language", "tempo_bpm", "_", "x"]),
    st.sampled_from(["", "a", "not:a", "é"]),
    st.none() | st.floats() | st.sampled_from([0.0, -0.0, 1e-320, 1e308, 142.0, 144.0]),
    st.floats(-1e5, 1e5),
    st.none() | st.floats(),
    st.integers(0, 6),
)


@given(st.lists(anything, max_size=40))
def test_whatever_was_observed_confidence_is_bounded_and_the_order_does_not_matter(
    observed: list[Observation],
) -> None:
    found = discover(observed, NOW)
    for each in found:
        assert 0.0 <= each.confidence <= 1.0
        assert LEAST <= each.count <= each.of
        assert each.text
        assert "nan" not in each.text
        assert "inf" not in each.text
    backwards = discover(observed[::-1], NOW)
    assert [(d.slot, d.text, d.count) for d in backwards] == [
        (d.slot, d.text, d.count) for d in found
    ]
    assert isinstance(together(found, ("language", "tempo_bpm")), str)
