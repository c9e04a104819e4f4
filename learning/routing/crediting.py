"""What everything people do says about everything that was chosen.

Decides which arms, variants, parameters and fallbacks a turn's course and people's signals speak
of, how well, and with how much weight. Refuses to know where signals come from, how a policy
counts a credit and how many people there are: all claims are made anew from the newest state of
the signals, so a signal that comes twice or is taken back needs no history.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from learning.routing.claims import Claim, Subject
from learning.routing.health import LENGTH, TASK
from learning.routing.variants import with_wishes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from learning.routing.claims import SubjectKind
    from learning.routing.contract import Option

ON_THE_MERITS: Final = TASK | LENGTH
"""Ways to fail that say that the model could not do *this*; any other is about its availability."""
CORRECTED: Final = 0.1
"""The reward of an answer that somebody wrote anew."""
ASKED_AGAIN_WITHIN: Final = timedelta(minutes=15)
"""The same question later than this says nothing about the answer before."""
HEARD: Final = frozenset({"answered", "fell_back"})
"""Outcomes that left an answer to have an opinion on."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one thing that happened says: a reward and its weight, both in [0, 1], and why."""

    reward: float
    weight: float
    why: str


FAILED: Final = Rule(0.0, 0.5, "it {outcome} what {other} then answered")
STEPPED_IN: Final = Rule(0.7, 0.3, "it answered what {other} could not")
NEXT_FAILED: Final = Rule(0.0, 0.5, "it {outcome} as well when it was asked after {other}")
NEXT_ANSWERED: Final = Rule(0.8, 0.5, "it answered when it was asked after {other}")
REGENERATED: Final = Rule(0.2, 0.4, "another answer was asked for")
ASKED_AGAIN: Final = Rule(0.25, 0.2, "the same question was asked again")
ASKED_OTHER: Final = Rule(0.2, 0.4, "{other} was asked instead")
WAS_ASKED: Final = Rule(0.75, 0.4, "it was asked instead of {other}")
ACCEPTED: Final = Rule(0.9, 0.5, "it was said to be right")
REJECTED: Final = Rule(0.1, 0.5, "it was said to be wrong")
THANKED: Final = Rule(0.75, 0.2, "they said thanks")
COPIED: Final = Rule(0.75, 0.2, "it was copied")
FOLLOWED_UP: Final = Rule(0.4, 0.1, "they asked about it at once")
MODIFIED: Final = Rule(0.7, 0.6, "it was changed a little")
UNWISHED: Final = Rule(0.0, 1.0, "another form was wished for")
WISHED: Final = Rule(1.0, 1.0, "this form was wished for")
"""Implicit signals have part weight, because people do these things for other reasons too: they
thank out of politeness, copy what they go on to mend, ask because they are curious. What is said
in so many words ("that worked", "that's wrong") weighs most, and less than a vote. Who does one
of these things seldom leaves it at that, so only the strongest counts. ``MODIFIED`` is what is
said of an answer that was left all but as it was; see ``modified``. Whoever says what form they
want has said everything there is to know about form: that weighs in full."""
_ALIKE: Final = 0.5
"""A correction less like the answer than this is another answer."""

SLOT_SHARES: Final[Mapping[SubjectKind, float]] = {
    "variant": 0.1,
    "temperature": 0.25,
    "max_tokens": 0.25,
}
"""How much of a vote's weight goes to each setting. Most of a vote is about the model; least is
about the variant, since people have words for what they want there, and votes must not drown
them."""
_CONTENT: Final = 0.5
_FAINTEST: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Attempt:
    """A model that was asked, and how that ended: "ok" or a kind of failure.

    A chosen model that failed before it said its version has the story's ``chosen_version``.
    """

    role: str
    version: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Story:
    """One turn, as it went.

    Attributes:
        chosen_role: who was to answer.
        chosen_version: of the model behind it, as the arm's ``Option`` has it.
        role: who answered.
        version: of the model behind that.
        task_type: the kind of task that the choice was made for.
        user_id: whose turn it was.
        outcome: how it ended; only answers are learned from.
        variant: the prompt variant of who answered; empty if none was chosen.
        temperature: the option of its temperature.
        max_tokens: the option of its answer's length.
        runs: everyone that was asked, in order.
        forced: why the choice was not free; an opinion on the answer is as good either way.
    """

    chosen_role: str
    chosen_version: str
    role: str
    version: str
    task_type: str
    user_id: str
    outcome: str
    variant: str = ""
    temperature: str = ""
    max_tokens: str = ""
    runs: tuple[Attempt, ...] = ()
    forced: str = ""


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's standing vote; reward and weight in [0, 1]."""

    user_id: str
    reward: float
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What one person said about the form of the answer."""

    user_id: str
    aspects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Voices:
    """Everything that stands about an answer.

    Attributes:
        votes: explicit ones; of several by one person the last counts.
        regenerated: somebody had another answer made.
        asked_again: somebody asked the same again.
        asked_other: the arm that somebody asked instead, if somebody did.
        wishes: for another form, oldest first.
        accepted: somebody said that it was right.
        rejected: somebody said that it was wrong.
        thanked: somebody said thanks.
        copied: somebody copied it.
        followed_up: somebody asked about it at once.
    """

    votes: tuple[Vote, ...] = ()
    regenerated: bool = False
    asked_again: bool = False
    asked_other: Option | None = None
    wishes: tuple[Wish, ...] = ()
    accepted: bool = False
    rejected: bool = False
    thanked: bool = False
    copied: bool = False
    followed_up: bool = False


def modified(similarity: float | None) -> tuple[float, float] | None:
    """Return the reward of an answer that somebody mended, and the weight of that.

    What is left of the answer speaks for it: the reward grows in proportion, from ``CORRECTED``
    for one that is half another to ``MODIFIED`` for one that is all but as it was. Who mends
    an answer used it, so that weighs less than a word against it.

    Args:
        similarity: of both texts, in [0, 1]; ``None`` if it is not known.

    Returns:
        ``None`` for an answer that was not mended but written anew.
    """
    if similarity is None or not similarity >= _ALIKE:
        return None
    kept = (min(similarity, 1.0) - _ALIKE) / (1.0 - _ALIKE)
    return CORRECTED + kept * (MODIFIED.reward - CORRECTED), MODIFIED.weight


def last_words(
    reactions: Mapping[str, tuple[float, datetime]], corrections: Mapping[str, datetime]
) -> dict[str, tuple[float, datetime]]:
    """Return what each person thinks of an answer, as a reward, and since when.

    The later word counts: who likes an answer and then writes it anew has thought again.

    Args:
        reactions: reward and time, by person.
        corrections: when each person wrote the answer anew.
    """
    said = {user: (CORRECTED, at) for user, at in corrections.items()}
    for user, (reward, at) in reactions.items():
        if user not in said or at >= said[user][1]:
            said[user] = (reward, at)
    return said


def claims(story: Story, voices: Voices = Voices()) -> tuple[Claim, ...]:
    """Return what a turn and what people made of it say; at most one claim a subject.

    An explicit vote outranks every implicit signal about the same arm, and a wish outranks a
    vote about the same person's variant. No reaction is missing data: it claims nothing.

    All but arms are claimed for the person who spoke, or whose turn it was. Everybody's tally
    follows from people's, by ``slots.voice``, so that nobody counts for several.
    """
    if story.outcome not in HEARD:
        # Nobody could answer, or nobody was let: the question was hard, or the time short.
        return ()
    votes = _standing(voices.votes)
    made = (
        *_about_arms(story, voices, votes),
        *_about_fallbacks(story, voices, votes),
        *_about_settings(story, voices, votes),
    )
    first: dict[Subject, Claim] = {}
    for claim in made:
        if claim.subject.user_id or claim.subject.kind == "arm":
            first.setdefault(claim.subject, claim)
    return tuple(first.values())


def _about_arms(story: Story, voices: Voices, votes: Sequence[Vote]) -> Iterator[Claim]:
    """Yield claims about whole arms, the most telling about each first."""
    answered = _arm(story, story.role, story.version)
    verdict, failed = _verdict(votes), _failed(story)
    other = voices.asked_other
    if verdict:
        yield _claim(answered, verdict)
    elif rule := _sign(voices, STEPPED_IN if failed else None):
        named = failed[0].role if rule is STEPPED_IN else _name(other)
        yield _claim(answered, rule, other=named)
    for attempt in failed:
        arm = _arm(story, attempt.role, attempt.version)
        yield _claim(arm, FAILED, outcome=_verb(attempt.outcome), other=story.role)
    # Who likes an answer and asks another arm as well is curious, and compares nothing.
    content = verdict is not None and verdict.reward >= _CONTENT
    if other is not None and other.name != story.role and not content:
        yield _claim(_arm(story, other.name, other.version), WAS_ASKED, other=story.role)


def _about_fallbacks(story: Story, voices: Voices, votes: Sequence[Vote]) -> Iterator[Claim]:
    """Yield claims about who is to be asked after the chosen one failed."""
    first = story.chosen_role
    if story.outcome != "fell_back":
        return
    if story.role != first:
        for vote in votes:
            yield Claim(
                _fallback(story, story.role, vote.user_id), vote.reward, vote.weight, "their vote"
            )
        rule = None if votes else _sign(voices, NEXT_ANSWERED)
        if rule:
            named = _name(voices.asked_other) if rule is ASKED_OTHER else first
            yield _claim(_fallback(story, story.role, story.user_id), rule, other=named)
    for attempt in _failed(story):
        if attempt.role not in {first, story.role}:
            pair = _fallback(story, attempt.role, story.user_id)
            yield _claim(pair, NEXT_FAILED, outcome=_verb(attempt.outcome), other=first)


def _about_settings(story: Story, voices: Voices, votes: Sequence[Vote]) -> Iterator[Claim]:
    """Yield claims about the settings of who answered: wishes first, then votes."""
    if story.variant:
        wished: dict[str, tuple[str, ...]] = {}
        for wish in voices.wishes:
            wished[wish.user_id] = (*wished.get(wish.user_id, ()), *wish.aspects)
        for user_id, aspects in wished.items():
            better = with_wishes(story.variant, aspects)
            # Who wishes for what the model was told already complains about the model.
            if better != with_wishes(story.variant, ()):
                yield _claim(_setting(story, "variant", story.variant, user_id), UNWISHED)
                yield _claim(_setting(story, "variant", better, user_id), WISHED)
    options: tuple[tuple[SubjectKind, str], ...] = (
        ("variant", story.variant),
        ("temperature", story.temperature),
        ("max_tokens", story.max_tokens),
    )
    for kind, option in options:
        if not option:
            continue
        for vote in votes:
            weight = vote.weight * SLOT_SHARES[kind]
            yield Claim(
                _setting(story, kind, option, vote.user_id), vote.reward, weight, "their vote"
            )


def _failed(story: Story) -> list[Attempt]:
    """Return who could not do what somebody else then did."""
    if story.outcome != "fell_back":
        return []
    runs = (
        replace(run, version=story.chosen_version)
        if run.role == story.chosen_role and not run.version
        else run
        for run in story.runs
    )
    return [
        run
        for run in runs
        if run.outcome in ON_THE_MERITS and (run.role, run.version) != (story.role, story.version)
    ]


def _sign(voices: Voices, shown: Rule | None) -> Rule | None:
    """Return the strongest implicit sign of what the answer was worth.

    Args:
        voices: everything that stands about it.
        shown: what the turn itself showed; it outranks the faint signs.
    """
    # Who asks again and says in which form has told why: it is not about the arm.
    again = voices.asked_again and not voices.wishes
    strongest_first = (
        (REJECTED, voices.rejected),
        (ACCEPTED, voices.accepted),
        (ASKED_OTHER, voices.asked_other is not None),
        (REGENERATED, voices.regenerated),
        (ASKED_AGAIN, again),
        (shown, shown is not None),
        (THANKED, voices.thanked),
        (COPIED, voices.copied),
        (FOLLOWED_UP, voices.followed_up),
    )
    return next((rule for rule, given in strongest_first if given), None)


def _verdict(votes: Sequence[Vote]) -> Rule | None:
    """Return what the votes come to together: one answer, however many looked at it."""
    weight = sum(vote.weight for vote in votes)
    if not weight:
        return None
    reward = sum(vote.weight * vote.reward for vote in votes) / weight
    many = "1 vote" if len(votes) == 1 else f"{len(votes)} votes"
    return Rule(min(reward, 1.0), min(weight, 1.0), many)


def _standing(votes: Iterable[Vote]) -> list[Vote]:
    """Return one sound vote a person."""
    latest = {
        vote.user_id: Vote(vote.user_id, _unit(vote.reward), _unit(vote.weight))
        for vote in votes
        if math.isfinite(vote.reward) and math.isfinite(vote.weight) and vote.weight >= _FAINTEST
    }
    return list(latest.values())


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def _arm(story: Story, role: str, version: str) -> Subject:
    return Subject("arm", role, story.task_type, version)


def _fallback(story: Story, to: str, user_id: str) -> Subject:
    return Subject("fallback", story.chosen_role, story.task_type, to, user_id)


def _setting(story: Story, kind: SubjectKind, option: str, user_id: str) -> Subject:
    return Subject(kind, story.role, story.task_type, option, user_id)


def _claim(subject: Subject, rule: Rule, **told: str) -> Claim:
    return Claim(subject, rule.reward, rule.weight, rule.why.format(**told))


def _name(arm: Option | None) -> str:
    return "" if arm is None else arm.name


_VERBS: Final[Mapping[str, str]] = {
    "declined": "did not know",
    "empty": "said nothing on",
    "refused": "refused",
    "too_long": "had no room for",
    "invalid": "could not be asked",
}


def _verb(outcome: str) -> str:
    return _VERBS.get(outcome, "failed at")
