"""What may mend a call that failed.

Decides what to try next: what mended this very failure before, what the failure itself asks for,
what the schema demands, and last what is often wrong. Refuses to try it. Only what history shows
is ever sure enough to be applied; a failure that merely looks like a known one is a guess.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from learning import confidence
from learning.actions.belief import believe, complete
from learning.actions.demands import demanded, properties
from learning.actions.evidence import MOST_EXAMPLES, Evidence, Example
from learning.actions.fields import MISSING, flat, free, get, same
from learning.actions.hints import hints
from learning.actions.lessons import Lesson, apply, changed
from learning.actions.patterns import (
    MENDABLE,
    MOST_TRIES,
    Stated,
    after,
    named,
    shows,
    sure,
    taught,
)
from learning.actions.presumed import presumes
from learning.actions.settled import contradicts, settled
from learning.actions.steps import CANNOT, dates_from, do

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from learning.actions.belief import Believed
    from learning.actions.contract import Fault, Try

Source = Literal["history", "said", "schema", "asked", "guess"]

MOST_REPAIRS: Final = 8
_SURE, _SURE_LOSSY, _KNOWN = 0.85, 0.98, 0.6
"""How likely each part of a repair must be for all of it to be sure, and what may belie it."""
_ENOUGH: Final = 2
"""How often something must have mended a failure that does not name what was wrong."""
_OFFERED: Final = confidence.SUGGEST - 0.05
_SCHEMA, _ASKED, _GUESS, _LESS = 0.6, 0.5, 0.45, 0.01
_MOST_GUESSES: Final = 5
_PREVENTED: Final = 0.4
"""How much a call teaches that was changed before it could fail."""


@dataclass(frozen=True, slots=True)
class Repair:
    """Another call to try.

    Attributes:
        params: what to send.
        lessons: what is different from the call that failed.
        confidence: how sure it is: applied from ``SUGGEST``, offered from ``ASK``.
        source: where it comes from; only ``history`` may be applied unasked.
        because: why, in words for people.
    """

    params: Mapping[str, Any]
    lessons: tuple[Lesson, ...]
    confidence: float
    source: Source
    because: str = ""


def repairs(
    params: Mapping[str, Any],
    fault: Fault,
    schema: Mapping[str, Any],
    tries: Sequence[Try],
    now: datetime,
    *,
    asked: Mapping[str, Any] | None = None,
) -> tuple[Repair, ...]:
    """Return what may mend a call, surest first within each source, history before all.

    A failure that no other parameters can mend (a missing right, a limit of calls, a server that
    is down) has none.

    Args:
        params: what was sent.
        fault: how it failed.
        schema: the tool's JSON Schema.
        tries: earlier calls of the same tool that the person may learn from, oldest first.
        now: the time.
        asked: what was wanted before anything was changed, if that is something else.
    """
    if fault.kind not in MENDABLE:
        return ()
    tries = tries[-MOST_TRIES:]
    found = [
        *_from_history(params, fault, schema, tries, now),
        *_once(params, fault, schema, tries),
        *_from_words(params, fault, schema),
        *_from_schema(params, schema),
        *_as_asked(params, asked),
        *_guesses(params, fault, schema),
    ]
    failed = [each.params for each in _vain(params, tries)]
    kept: dict[str, Repair] = {}
    for repair in found:
        if any(same(dict(repair.params), dict(each)) for each in (params, *failed)):
            continue
        kept.setdefault(json.dumps(repair.params, sort_keys=True, default=str), repair)
    return tuple(kept.values())[:MOST_REPAIRS]


def _from_history(
    params: Mapping[str, Any],
    fault: Fault,
    schema: Mapping[str, Any],
    tries: Sequence[Try],
    now: datetime,
) -> Iterator[Repair]:
    """Yield what mended this failure before."""
    examples, latest = _episodes(fault, tries)
    wished = [Example(one.asked, following.params, following.ok) for one, following in
              _followed(fault, tries)]  # fmt: skip
    mended = [each for each in examples if each.said]
    if latest is None or not mended:
        return
    allows = Stated(schema, tries).allows
    paths = dict.fromkeys(
        path for each in mended if each.ok for path in changed(each.given, each.sent)
    )
    told = named(fault.signature or fault.text, list(paths))
    if not told:
        # Where a parameter is named when it is wrong, a failure that names none is not about it.
        paths = {path: None for path in paths if not _named_since(path, fault, tries)}
    evidence = Evidence(examples, params)
    known = Evidence(taught(tries, now), params)
    found: list[Believed] = []
    trusted: list[Believed] = []
    for path in paths:
        # What would be sent in the first place is as sure now as it was then.
        part = believe(path, known, allows)
        if part.lesson is not None and part.lesson.constant and contradicts(
            fault.text, part.lesson, params
        ):  # fmt: skip
            continue
        lesson = part.lesson
        helped = lesson is not None and any(shows(lesson, e) for e in (*mended, *wished) if e.ok)
        if part.lesson is not None and helped and sure(part, known):
            trusted.append(part)
        else:
            # What is named cannot stay, and what is missing may be what takes its place.
            wrong = path in told or (bool(told) and get(params, path) is MISSING)
            part = believe(path, evidence, allows, wrong=wrong)
            if _trusted(part, known, allows, named=bool(told)):
                trusted.append(part)
        found.append(part)
    days = (now - latest.at).total_seconds() / 86_400
    yield from _made(params, _told(complete(trusted, examples), told), days, trusted=True)
    yield from _made(params, _told(complete(found, examples), told), days, trusted=False)


def _once(
    params: Mapping[str, Any], fault: Fault, schema: Mapping[str, Any], tries: Sequence[Try]
) -> Iterator[Repair]:
    """Yield what was added the last time, where the same is missing now.

    A switch, or a value that the schema lists, is sure if the failure names it: what it is set to
    is no matter of what somebody means. Anything else is offered.
    """
    last = next((each for each in reversed(list(_followed(fault, tries))) if each[1].ok), None)
    if last is None or not (last[0].own and last[1].own):
        return
    failed, worked = flat(last[0].params), flat(last[1].params)
    added = {name: worked[name] for name in worked if name not in failed}
    if not added or set(changed(last[0].params, last[1].params)) != set(added):
        return
    learned = tuple(Lesson(name, steps=(("set", value),)) for name, value in added.items())
    if any(get(params, each.field) is not MISSING or presumes(each, schema) for each in learned):
        return
    rules = properties(schema)
    clear = all(
        isinstance(value, bool) or value in rules.get(name, {}).get("enum", ())
        for name, value in added.items()
    )
    certain = clear and named(fault.signature or fault.text, list(added)) == set(added)
    how = confidence.SUGGEST if certain else _OFFERED
    because = "it helped once with this failure"
    yield Repair(apply(learned, params), learned, how, "history", because)


def _told(parts: Sequence[Believed], told: frozenset[str]) -> list[Believed]:
    """Return what is about the parameters that a failure names, if it names any."""
    if not told:
        return list(parts)
    return [
        each
        for each in parts
        if each.lesson and not told.isdisjoint((each.lesson.field, each.lesson.source))
    ]


def _made(
    params: Mapping[str, Any], parts: Sequence[Believed], days: float, *, trusted: bool
) -> Iterator[Repair]:
    learned = tuple(each.lesson for each in parts if each.lesson is not None)
    if not learned:
        return
    certain = _certainty(parts, days)
    above = confidence.SUGGEST + (1 - confidence.SUGGEST) * certain
    times = min(each.worked for each in parts)
    because = "it helped " + ("once" if times <= 1 else f"{times} times") + " with this failure"
    how = above if trusted else min(certain, _OFFERED)
    yield Repair(apply(learned, params), learned, how, "history", because)


def _trusted(
    part: Believed,
    known: Evidence,
    allows: Callable[[Lesson, Sequence[Example]], bool],
    *,
    named: bool,
) -> bool:
    """Tell whether a part is sure enough, and nothing else that is known belies it."""
    lesson = part.lesson
    if lesson is None or part.likely < (_SURE_LOSSY if lesson.lossy else _SURE):
        return False
    if not settled(lesson, known):
        return False
    if named:
        return True
    # A failure that names nothing may be about anything: what is usual must say the same.
    usual = believe(lesson.field, known, allows)
    clear = usual.likely >= _KNOWN and same(usual.value, part.value)
    return clear and (part.worked >= _ENOUGH or not lesson.lossy)


def _certainty(parts: Sequence[Believed], days: float) -> float:
    """Return how sure a repair is, from how often its parts helped and failed to."""
    failed = max(each.failed for each in parts)
    worked = min(each.worked for each in parts)
    of_uses = confidence.of_evidence(
        times_observed=max(1, worked), belief=1.0, times_used=worked, successes=worked,
        failures=failed, days_since_seen=days,
    )  # fmt: skip
    return of_uses * min(each.likely for each in parts)


def _followed(fault: Fault, tries: Sequence[Try]) -> Iterator[tuple[Try, Try]]:
    """Yield each try that failed in the same way, with the next one of its action."""
    for place, one in enumerate(tries):
        if one.fault is not None and _alike(one.fault, fault):
            following = after(tries, place)
            if following is not None:
                yield one, following


def _named_since(path: str, fault: Fault, tries: Sequence[Try]) -> bool:
    """Tell whether a failure named a parameter after it last was changed for one that does not."""
    for one in reversed(tries):
        if one.fault is not None and _alike(one.fault, fault):
            return False
        if one.fault is not None and named(one.fault.text, [path]):
            return True
    return False


def _episodes(fault: Fault, tries: Sequence[Try]) -> tuple[list[Example], Try | None]:
    """Return what was tried after the same failure, between the calls that needed nothing."""
    found: list[Example] = []
    latest = None
    failed: set[UUID | None] = set()
    for place, one in enumerate(tries):
        if one.ok:
            mended = frozenset(changed(one.asked, one.params))
            # What mended this very call is told by the failure before it.
            told_already = one.learned_from is not None and one.learned_from in failed
            prevented = latest is not None and not told_already
            if prevented or not mended:
                weight = _PREVENTED if mended else 1.0
                found.append(
                    Example(one.asked, one.params, True, weight, own=one.own, proved=mended)
                )
            continue
        failed.add(one.learned_from)
        if one.fault is None or not _alike(one.fault, fault):
            continue
        told = named(fault.signature or fault.text, changed(one.asked, one.params))
        if told:
            found.append(Example(one.asked, one.params, False, 1.0, told, one.own))
        following = after(tries, place)
        if following is None:
            continue
        other = following.fault is not None and not _alike(following.fault, fault)
        helped = following.ok or other
        blamed = frozenset() if helped else frozenset(changed(one.params, following.params))
        found.append(
            Example(
                one.params,
                following.params,
                helped,
                1.0,
                blamed,
                one.own,
                one.fault.text,
                frozenset(changed(one.params, following.params)),
            )
        )
        latest = following
    return found[-MOST_EXAMPLES:], latest


def _alike(one: Fault, other: Fault) -> bool:
    return bool(one.signature) and (one.kind, one.status, one.signature) == (
        other.kind,
        other.status,
        other.signature,
    )


def _about(lesson: Lesson) -> str:
    """Return the parameter that was wrong: a renamed one by the name it had."""
    return lesson.source if lesson.moved else lesson.field


def _from_words(
    params: Mapping[str, Any], fault: Fault, schema: Mapping[str, Any]
) -> Iterator[Repair]:
    found = hints(fault.text, params, schema)
    first: dict[str, Lesson] = {}
    clear = 1.0
    for hint in found:
        if _about(hint.lesson) not in first:
            first[_about(hint.lesson)] = hint.lesson
            clear = min(clear, hint.clear)
    if len(first) > 1:
        together = tuple(first.values())
        yield Repair(apply(together, params), together, clear, "said", "the tool asks for it")
    for hint in sorted(found, key=lambda hint: -hint.clear):
        lessons = (hint.lesson,)
        yield Repair(apply(lessons, params), lessons, hint.clear, "said", "the tool asks for it")


def _from_schema(params: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Repair]:
    demands = list(demanded(params, schema))
    if demands:
        lessons = tuple(lesson for lesson, _ in demands)
        yield Repair(apply(lessons, params), lessons, _SCHEMA, "schema", demands[0][1])


def _as_asked(params: Mapping[str, Any], asked: Mapping[str, Any] | None) -> Iterator[Repair]:
    if asked is not None and not same(dict(asked), dict(params)):
        yield Repair(dict(asked), (), _ASKED, "asked", "that is what was asked for")


def _guesses(
    params: Mapping[str, Any], fault: Fault, schema: Mapping[str, Any]
) -> Iterator[Repair]:
    """Yield what is often wrong, of the parameters that are named, else of all."""
    paths = list(dict.fromkeys((*flat(params), *properties(schema))))
    told = named(fault.text, paths)
    count = 0
    for path in paths:
        value = get(params, path)
        if (told and path not in told) or value is MISSING or free(value):
            continue
        for step in (*_dates(value), *_USUAL):
            made = do(value, (step,))
            splits = step[0] == "split" and "," not in str(value)
            if made is CANNOT or same(made, value) or splits or count >= _MOST_GUESSES:
                continue
            lessons = (Lesson(path, steps=(step,)),)
            sure = _GUESS - count * _LESS
            yield Repair(apply(lessons, params), lessons, sure, "guess", "that is often wrong")
            count += 1


def _dates(value: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - JSON of any shape
    return [step for form in ("time", "seconds") for step in dates_from(value, form)[:1]]


_USUAL: Final = (
    ("strip", None), ("number", None), ("truth", None), ("split", ","), ("scale", 1000),
    ("lower", None), ("slug", None), ("list", None), ("text", None),
)  # fmt: skip


def _vain(params: Mapping[str, Any], tries: Sequence[Try]) -> Iterator[Try]:
    """Yield the calls that failed already in the action that this one belongs to."""
    last = tries[-1] if tries else None
    if last is None or last.ok or not same(dict(last.params), dict(params)):
        return
    action = last.learned_from
    yield from (each for each in tries if action and each.learned_from == action and not each.ok)
