"""The tables: every phrasing of every topic is proper, short English."""

from __future__ import annotations

import re

import pytest

from learning.interpretation import intents as module
from learning.interpretation.contract import MOST_CHARS
from learning.interpretation.intents import VERB_CLASSES, intents
from learning.interpretation.readings import readings
from learning.interpretation.request import read
from learning.task_types import TASK_TYPES, TaskEstimate, classify
from tests.learning.interpretation.support import goal, likes

TOPICS = {topic.names[0]: topic for topic in intents().topics.values()}
VERBS = {"make": "build", "ship": "deploy", "mend": "fix", "change": "improve", "check": "review"}
VERBS["plan"] = "plan"

EVERYTHING = (
    likes("uses FastAPI", "framework", "fastapi"),
    likes("writes TypeScript", "language", "typescript"),
    likes("deploys to Fly", "deployment", "fly"),
    likes("uses Docker", "container", "docker"),
    likes("prefers dark mode", "theme", "dark mode"),
    likes("uses PostgreSQL", "database", "postgresql"),
    likes("tests with pytest", "testing", "pytest"),
    likes("uses GitHub Actions", "ci", "github actions"),
    likes("uses SQLAlchemy", "orm", "sqlalchemy"),
    likes("uses RabbitMQ", "message_queue", "rabbitmq"),
    likes("likes hip-hop", "music_genre", "hip-hop"),
    likes("140+ BPM", "tempo_bpm", ""),
)


def sure(task: str) -> TaskEstimate:
    return TaskEstimate(task, 1.0, {t: float(t == task) for t in TASK_TYPES}, ())  # type: ignore[arg-type]


def test_there_are_topics_enough() -> None:
    assert len(TOPICS) >= 40


@pytest.mark.parametrize("name", TOPICS)
@pytest.mark.parametrize("kind", VERB_CLASSES)
@pytest.mark.parametrize("about", ["nothing", "everything"])
def test_every_topic_has_two_or_three_proper_readings_for_every_verb(
    name: str, kind: str, about: str
) -> None:
    text = f"{VERBS[kind]} {name}"
    request = read(text)
    assert request is not None
    assert request.topic is TOPICS[name]
    goals = (goal("build a REST API"),) if about == "everything" else ()
    found = readings(text, classify(text), goals, EVERYTHING if goals else ())
    assert 2 <= len(found) <= 3
    assert [r.id for r in found] == ["h1", "h2", "h3"][: len(found)]
    for reading in found:
        assert len(reading.text) <= MOST_CHARS
        assert re.fullmatch(r"[a-z][\w ,./+'’-]*[\w+]", reading.text), reading.text
        assert not re.search(r"\ba [aeio]|\ban [bcdfghjkp-tv-z]", reading.text), reading.text
        assert not re.search(r"\b(\w{3,}) \1\b|  | ,", reading.text), reading.text
        assert 0.4 <= reading.confidence <= 0.97


@pytest.mark.parametrize("task", TASK_TYPES)
def test_a_noun_of_no_topic_gets_readings_by_the_kind_of_task(task: str) -> None:
    found = readings("implement scheduler", sure(task))
    assert len(found) == 3
    assert all("a scheduler" in r.text for r in found)


@pytest.mark.parametrize(
    "text",
    ["build api", "write a report", "make a song", "deploy", "landing page", "fix login", "ci/cd"],
)
def test_one_name_leads_to_one_topic(text: str) -> None:
    request = read(text)
    assert request is not None
    assert request.topic is not None
    assert request.noun in request.topic.names


@pytest.mark.parametrize("phrasing", ["build {a", "build [with {framework}", "build {a}]"])
def test_a_phrasing_that_is_not_closed_is_refused(phrasing: str) -> None:
    with pytest.raises(ValueError, match="unclosed"):
        module._checked([phrasing])


def test_a_topic_of_an_unknown_kind_is_refused() -> None:
    row = {"names": ["kite"], "one": "a kite", "own": "kite", "kind": "toy"}
    with pytest.raises(ValueError, match="'kite' has the kind 'toy'"):
        module._topic(row, intents().usual)
