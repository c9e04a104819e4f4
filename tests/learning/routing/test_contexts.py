from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.routing.contract import Context, Credit, Option
from learning.routing.embedding import REDUCED, WIDTH, folded
from learning.routing.registry import UnreadableState
from learning.routing.topics import FOUND_AFTER, TOPICS, Topics, context_of
from learning.task_types import TASK_TYPES, TaskType

anything = st.floats(allow_nan=True, allow_infinity=True)
TYPES: dict[TaskType, float] = {"maths": 0.123456, "general": 0.876544}


def clouds(rng: np.random.Generator, count: int = 96, width: int = 24) -> list[np.ndarray]:
    """Return vectors near the corners, one corner after the other."""
    vectors = rng.normal(0.0, 0.05, (count, width))
    for number, vector in enumerate(vectors):
        vector[number % TOPICS] += 1.0
    return list(vectors)


@given(
    st.dictionaries(st.sampled_from(TASK_TYPES), anything),
    st.lists(anything, max_size=8),
    st.lists(anything, max_size=8),
    anything,
)
def test_what_is_saved_is_the_very_context_it_was_chosen_by(
    types: dict[TaskType, float], topics: list[float], reduced: list[float], hard: float
) -> None:
    context = Context(types, tuple(topics), tuple(reduced), hard)
    assert Context.from_data(json.loads(json.dumps(context.as_data(), allow_nan=False))) == context
    numbers = [*context.probabilities.values(), *context.topics, context.hardness]
    assert all(0.0 <= number <= 1.0 for number in numbers)
    assert all(math.isfinite(number) for number in context.reduced)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"types": None, "topics": "no", "reduced": {"a": 1}, "hardness": "hard"},
        {"types": {"maths": "x", "cooking": 1.0}, "topics": [None, "a"]},
    ],
)
def test_a_saved_context_that_is_incomplete_is_read_as_far_as_it_goes(data: dict[str, Any]) -> None:
    context = Context.from_data(data)
    assert set(context.probabilities.values()) == {0.0}
    assert context.hardness == 0.0
    assert set(context.topics) <= {0.0}


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 9), anything)
def test_a_credit_comes_back_to_the_last_digit(
    reward: float, weight: float, epoch: int, rise: float
) -> None:
    credit = Credit(Option("math", "2"), reward, weight, epoch, 0.1, 0.2, 1.0)
    assert Credit.from_data(json.loads(json.dumps(credit.as_data()))) == credit
    broken = Credit.from_data(credit.as_data() | {"rise": rise})
    assert math.isfinite(broken.rise)
    assert Credit.from_data({}).weight == 0.0


def test_topics_tell_clouds_apart() -> None:
    rng = np.random.default_rng(0)
    topics = Topics.find(clouds(rng), "made up")
    owners = [int(np.argmax(topics.shares(vector))) for vector in clouds(rng)]
    assert len(set(owners[:TOPICS])) == TOPICS
    assert owners == owners[:TOPICS] * (96 // TOPICS)
    assert sum(topics.shares(clouds(rng)[0])) == pytest.approx(1.0)


def test_topics_come_back_from_bytes() -> None:
    rng = np.random.default_rng(0)
    topics = Topics.find([v.astype(np.float32) for v in clouds(rng)], "made up")
    again = Topics.load(topics.dump())
    assert again.embedder == "made up"
    for vector in clouds(rng):
        assert again.shares(vector) == topics.shares(vector)


def test_the_same_embeddings_give_the_same_topics() -> None:
    vectors = clouds(np.random.default_rng(0))
    assert Topics.find(vectors, "e").dump() == Topics.find(vectors, "e").dump()


@pytest.mark.parametrize("stored", [b"", b"{}", b"\xff", b'{"format":0,"kind":"topics"}'])
def test_topics_of_another_format_are_refused(stored: bytes) -> None:
    with pytest.raises(UnreadableState, match="start from an empty state"):
        Topics.load(stored)


def test_too_few_or_mixed_embeddings_make_no_topics() -> None:
    vectors = clouds(np.random.default_rng(0), FOUND_AFTER)
    with pytest.raises(ValueError, match="too few"):
        Topics.find(vectors[1:], "e")
    with pytest.raises(ValueError, match="differ in length"):
        Topics.find([*vectors, np.ones(5)], "e")


def test_embeddings_that_are_all_alike_do_no_harm() -> None:
    topics = Topics.find([np.ones(8)] * FOUND_AFTER, "e")
    assert np.isfinite(topics.shares(np.arange(8.0))).all()


def test_a_prompt_becomes_numbers() -> None:
    rng = np.random.default_rng(0)
    vectors = clouds(rng)
    topics = Topics.find(vectors, "e")
    context = context_of("How? Why?", TYPES, vectors[0], topics, "e")
    assert len(context.topics) == TOPICS
    assert len(context.reduced) == REDUCED
    assert context.probabilities["maths"] == 0.1235
    other = context_of("How? Why?", TYPES, vectors[0], topics, "another embedder")
    assert other.topics == ()
    assert context_of("How?", TYPES, np.ones(7), topics, "e").topics == ()
    bare = context_of("How?", TYPES, None, topics, "e")
    assert (bare.topics, bare.reduced) == ((), ())


def test_long_prompts_of_many_parts_look_harder() -> None:
    texts = ["", "Hi", "Write a loop. Then test it.", "First this, then that; and more.\n" * 20]
    found = [context_of(text, TYPES, None, None).hardness for text in texts]
    assert found == sorted(found)
    assert found[0] == 0.0
    assert found[-1] <= 1.0
    assert context_of("a. " * 100_000, TYPES, None, None).hardness == 1.0


@settings(max_examples=30)
@given(st.lists(anything, max_size=40))
def test_an_embedding_that_is_no_number_does_no_harm(numbers: list[float]) -> None:
    context = context_of("x", TYPES, np.array(numbers), None, "e")
    assert all(math.isfinite(number) for number in context.reduced)


def test_embeddings_of_any_length_keep_their_neighbours() -> None:
    rng = np.random.default_rng(0)
    one = rng.normal(size=3072)
    near, far = one + rng.normal(0.0, 0.3, 3072), rng.normal(size=3072)
    assert folded(one).size == WIDTH
    assert folded(one) @ folded(near) > 0.8
    assert abs(folded(one) @ folded(far)) < 0.3
