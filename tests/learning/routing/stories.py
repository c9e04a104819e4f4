"""Turns, what people make of them, and a ledger that counts it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from learning.routing.claims import Claim, Subject, changes
from learning.routing.contract import Option
from learning.routing.crediting import Attempt, Story, Voices, Vote, Wish, claims
from learning.routing.slots import Tally, best_supported, pick, voice
from learning.routing.variants import portfolio
from learning.routing.wishes import wishes

PLAIN = Story(
    chosen_role="lead",
    chosen_version="deepseek-1",
    role="lead",
    version="deepseek-1",
    task_type="code",
    user_id="ann",
    outcome="answered",
    variant="default",
    temperature="provider",
    max_tokens="1",
    runs=(Attempt("lead", "deepseek-1", "ok"),),
)
SILENCE = Voices()


def fallen_back(*failures: Attempt, to: str = "architect") -> Story:
    return replace(
        PLAIN,
        chosen_role="math",
        chosen_version="mathstral-1",
        role=to,
        version=f"{to}-1",
        task_type="maths",
        outcome="fell_back",
        runs=(*failures, Attempt(to, f"{to}-1", "ok")),
    )


def wished(user_id: str, text: str) -> Voices:
    return Voices(wishes=(Wish(user_id, wishes(text)),))


class Ledger:
    """Keeps tallies by claims, as a store would."""

    def __init__(self) -> None:
        self.standing: dict[str, tuple[Claim, ...]] = {}
        self.tallies: defaultdict[Subject, Tally] = defaultdict(Tally)

    def apply(self, turn: str, story: Story, voices: Voices) -> None:
        newest = claims(story, voices)
        for change in changes(self.standing.get(turn, ()), newest):
            subject = change.subject
            if subject.kind == "arm":
                continue
            before = self.tallies[subject]
            after = self.tallies[subject] = before + change.tally
            self.tallies[replace(subject, user_id="")] += voice(after) - voice(before)
        self.standing[turn] = newest

    def rows(self, kind: str, role: str, task_type: str, user_id: str) -> dict[str, Tally]:
        return {
            s.option: tally
            for s, tally in self.tallies.items()
            if (s.kind, s.role, s.task_type, s.user_id) == (kind, role, task_type, user_id)
        }

    def variant(self, user_id: str) -> str:
        """Return what a person gets from ``lead`` next; nobody is experimented on."""
        shared = self.rows("variant", "lead", "code", "")
        own = self.rows("variant", "lead", "code", user_id)
        options = portfolio("lead", "code", best_supported(shared, own))
        return pick(options, shared, own, np.random.default_rng(0), explore=False).option


people = st.sampled_from(["ann", "bob", "eve", ""])
voiced = st.builds(
    Voices,
    votes=st.lists(st.builds(Vote, people, st.floats(), st.floats()), max_size=5).map(tuple),
    regenerated=st.booleans(),
    asked_again=st.booleans(),
    asked_other=st.none() | st.builds(Option, st.sampled_from(["math", "lead"]), st.just("v")),
    wishes=st.lists(
        st.builds(Wish, people, st.sampled_from([("brief",), ("detail", "comments"), ("x",)])),
        max_size=3,
    ).map(tuple),
)
stories = st.sampled_from(
    [
        PLAIN,
        fallen_back(Attempt("math", "", "declined"), Attempt("lead", "v", "empty")),
        fallen_back(Attempt("math", "m", "timeout"), to="math"),
    ]
)
