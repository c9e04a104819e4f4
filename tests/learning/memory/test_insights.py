"""What can be told about a person from what they do."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.confidence import SUGGEST
from learning.memory.contract import Memory, Observation
from learning.memory.insights import MOST, Question, insights
from learning.memory.preferences import discover
from learning.scope import person

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
KIM = person("kim")


def asked(
    task_type: str, count: int, rating: float | None = None, variant: str = "", days: float = 0
) -> list[Question]:
    return [
        Question(task_type, rating, NOW - timedelta(days=days, minutes=n), variant)
        for n in range(count)
    ]


def goal(text: str = "build a REST API", times: int = 4, **changes: object) -> Memory:
    memory = Memory(
        id=uuid5(UUID(int=0), text),
        kind="goal",
        user_id="kim",
        audience=KIM,
        text=text,
        origin="stated",
        slot="",
        value="",
        tags=(),
        confidence=0.9,
        trust=1.0,
        times_observed=times,
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
    return replace(memory, **changes)  # type: ignore[arg-type]


def told(
    goals: list[Memory] | None = None,
    questions: list[Question] | None = None,
    observed: list[Observation] | None = None,
) -> list[str]:
    found = discover(observed or [], NOW)
    return [draft.text for draft in insights(goals or [], found, questions or [], NOW)]


def test_what_a_person_mostly_asks_about_is_told() -> None:
    assert told(questions=asked("code", 9) + asked("maths", 1)) == ["asks mostly about code"]


@pytest.mark.parametrize(
    "questions",
    [
        asked("code", 9),
        asked("code", 5) + asked("maths", 5),
        asked("code", 6) + asked("maths", 4),
        asked("general", 50),
        asked("code", 50, days=400),
        [],
    ],
)
def test_few_or_mixed_or_old_questions_tell_nothing(questions: list[Question]) -> None:
    assert told(questions=questions) == []


@pytest.mark.parametrize(
    ("questions", "text"),
    [
        (
            asked("general", 9, 5.0, "concise") + asked("general", 1, 1.0, "concise"),
            "liked 9 of 10 short answers",
        ),
        (
            asked("general", 12, 5.0, "concise"),
            "liked 10 of the last 10 short answers",
        ),
        (asked("general", 6, 1.0, "detailed"), "disliked 6 of 6 detailed answers"),
        (asked("maths", 5, 4.0), "liked 5 of 5 answers about maths"),
        (asked("maths", 5, 4.0) + asked("maths", 3, math.nan), "liked 5 of 5 answers about maths"),
    ],
)
def test_clear_verdicts_on_a_kind_of_answer_are_told(questions: list[Question], text: str) -> None:
    assert told(questions=questions) == [text]


@pytest.mark.parametrize(
    "questions",
    [
        asked("maths", 4, 5.0),
        asked("maths", 3, 5.0) + asked("maths", 3, 1.0),
        asked("maths", 9, 3.0),
        asked("maths", 9, math.nan),
        asked("general", 9, 5.0),
        asked("general", 9, 5.0, "rhymes"),
    ],
)
def test_few_or_divided_verdicts_tell_nothing(questions: list[Question]) -> None:
    assert told(questions=questions) == []


def test_no_more_is_told_than_anybody_reads() -> None:
    liked = asked("code", 10, 5.0, "concise+examples+bullets+formal")
    assert len(told(questions=liked)) == MOST
    assert len(told([goal(times=20)], liked)) == MOST


def test_of_many_verdicts_the_last_ten_count() -> None:
    changed = asked("maths", 30, 5.0, days=20) + asked("maths", 10, 1.0)
    assert "disliked 10 of the last 10 answers about maths" in told(questions=changed)
    assert not any(text.startswith("liked") for text in told(questions=changed))


def test_the_goal_that_a_person_came_back_to_most_is_told() -> None:
    goals = [goal(), goal("learn to weld", 3)]
    assert told(goals) == ["came back to “build a REST API” in 4 questions"]


@pytest.mark.parametrize(
    "other",
    [
        goal(times=2),
        goal(origin="inferred"),
        goal(origin="observed"),
        goal(trust=0.5),
        goal(valid_to=NOW),
        goal(kind="history"),
        goal("a\nb"),
        goal("x" * 81),
    ],
)
def test_goals_that_are_rare_over_or_not_the_persons_own_words_are_not_quoted(
    other: Memory,
) -> None:
    assert told([other]) == []


def test_what_a_person_always_picks_is_told_together() -> None:
    slots = {"language": "typescript", "theme": "dark mode"}
    observed = [
        Observation(slot, value, None, NOW, None, uuid5(UUID(int=0), str(n)), KIM)
        for n in range(10)
        for slot, value in slots.items()
    ]
    assert told(observed=observed) == ["always goes for TypeScript, dark mode"]
    assert told(observed=[each for each in observed if each.slot == "theme"]) == []


def test_an_insight_is_an_observation_of_this_person_with_its_own_slot() -> None:
    draft = insights([], [], asked("code", 12), NOW)[0]
    assert (draft.kind, draft.origin, draft.slot) == ("insight", "observed", "asks_about")
    # 0.3 + 1·0.4 + 1·0.2 + (1 − 2·(1 − 13/14))·0.1
    assert draft.confidence == pytest.approx(0.9 + 0.1 * (1 - 2 / 14), abs=1e-4)


@given(
    st.lists(
        st.builds(
            Question,
            st.sampled_from(["code", "maths", "architecture", "general", "later"]),
            st.none() | st.floats(),
            st.integers(-400, 400).map(lambda days: NOW - timedelta(days=days)),
            st.sampled_from(["", "concise", "detailed+steps", "??"]),
        ),
        max_size=60,
    ),
    st.lists(st.builds(goal, st.text(max_size=9), st.integers(-1, 99)), max_size=4),
)
def test_insights_are_few_and_well_supported(
    questions: list[Question], goals: list[Memory]
) -> None:
    drafts = insights(goals, [], questions, NOW)
    assert len(drafts) <= MOST
    assert len({draft.slot for draft in drafts}) == len(drafts)
    assert all(SUGGEST <= draft.confidence <= 1.0 for draft in drafts)
    assert drafts == insights(goals[::-1], [], questions, NOW)
