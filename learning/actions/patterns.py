"""How a call starts from what worked before.

Decides which parameters are sent for those that were asked for: what earlier calls of the same
tool taught, what its schema demands. Refuses to know how the calls were made. What somebody put
in their own words is never replaced, and never becomes a constant for somebody else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from learning import confidence
from learning.actions.belief import Believed, believe, complete
from learning.actions.contract import HARMLESS
from learning.actions.demands import demanded
from learning.actions.evidence import MOST_EXAMPLES, Evidence, Example
from learning.actions.fields import MISSING, flat, free, get, personal, put, same, says
from learning.actions.lessons import Lesson, changed
from learning.actions.settled import settled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from learning.actions.contract import Fault, Try

LIKELY: Final = 0.5
"""How likely a lesson must be to be applied,"""
LIKELY_LOSSY: Final = 0.88
"""… and where something of what was asked for is lost by it."""
_DAYS_TO_HALF: Final = 90
_OTHER_SCHEMA: Final = 0.3
_UNSURE_BLAME: Final = 0.5
_BY_HAND_WITHIN_S: Final = 600
_BY_HAND_MOST: Final = 3
_BY_HAND: Final = 0.8
MOST_TRIES: Final = 120
MENDABLE: Final = HARMLESS - {"denied", "rate_limited", "not_allowed"}
_FIGURED: Final = frozenset({"set", "prefix", "suffix", "unprefix", "unsuffix"})


@dataclass(frozen=True, slots=True)
class Applied:
    """A lesson that was applied, how sure it is, and why, in words for people."""

    lesson: Lesson
    confidence: float
    because: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """What to send.

    Attributes:
        params: the parameters.
        applied: what was changed and why.
    """

    params: Mapping[str, Any]
    applied: tuple[Applied, ...] = field(default=())


def prepare(
    asked: Mapping[str, Any],
    schema: Mapping[str, Any],
    tries: Sequence[Try],
    now: datetime,
    *,
    digest: str = "",
) -> Prepared:
    """Return what to send for what was asked.

    Args:
        asked: the parameters as they are wanted.
        schema: the tool's JSON Schema.
        tries: its calls so far that the person may learn from, oldest first.
        now: the time.
        digest: of the schema (``Tool.schema``): what was learned under another counts less.
    """
    known = taught(tries[-MOST_TRIES:], now, digest)
    stated = Stated(schema, tries)
    params, applied = dict(asked), []
    evidence = Evidence(known, asked)
    believed = [believe(path, evidence, stated.allows) for path in evidence.moving]
    for found in complete([each for each in believed if sure(each, evidence)], known):
        if found.lesson is not None:
            params = put(params, found.lesson.field, found.value)
            applied.append(Applied(found.lesson, _confidence(found), _because(found)))
    params, applied = own_words_kept(asked, params, applied)
    for lesson, why in demanded(params, schema):
        params = put(params, lesson.field, lesson.value(params))
        applied.append(Applied(lesson, 1.0, why))
    return Prepared(params, tuple(applied))


class Stated:
    """What the schema and the failures say in so many words, so that anybody may use it."""

    def __init__(self, schema: Mapping[str, Any], tries: Sequence[Try]) -> None:
        self._schema, self._tries = schema, tries
        self._words: str | None = None

    def allows(self, lesson: Lesson, examples: Sequence[Example]) -> bool:
        """Tell whether a rule may be used for the person asking.

        What others' calls teach carries over as far as it is structure. A constant does only
        if the person's own calls have it too, or the tool itself states it.
        """
        figures = [figure for name, figure in lesson.steps if name in _FIGURED]
        if not figures:
            return True
        if any(each.own and each.ok and shows(lesson, each) for each in reversed(examples)):
            return True
        return not any(map(personal, figures)) and all(map(self._says, figures))

    def _says(self, figure: Any) -> bool:  # noqa: ANN401 - JSON of any shape
        if self._words is None:
            texts = [each.fault.text for each in self._tries if each.fault is not None]
            self._words = "\n".join([json.dumps(self._schema, default=str), *texts]).casefold()
        return says(self._words, str(figure).strip())


def taught(tries: Sequence[Try], now: datetime, digest: str = "") -> list[Example]:
    """Return what calls teach, oldest first; what has nothing to do with parameters is left out."""
    found = []
    failed: dict[UUID | None, list[Try]] = {}
    for place, one in enumerate(tries):
        earlier = failed.get(one.learned_from, []) if one.learned_from is not None else []
        if place and _again(tries[place - 1], one):
            earlier = [*failed.get(tries[place - 1].learned_from, ()), *earlier]
        days = max(0.0, (now - one.at).total_seconds() / 86_400)
        weight = 0.5 ** (days / _DAYS_TO_HALF)
        if digest and one.schema and one.schema != digest:
            weight *= _OTHER_SCHEMA
        if one.ok:
            text = next((each.fault.text for each in reversed(earlier) if each.fault), "")
            changes = _mended(earlier, one)
            found.append(
                Example(one.asked, one.params, True, weight, frozenset(), one.own, text, changes)
            )
            if (given := _by_hand(tries, place)) is not None:
                why = tries[place - 1].fault
                changes = frozenset(changed(given, one.params))
                found.append(
                    Example(
                        given,
                        one.params,
                        True,
                        weight * _BY_HAND,
                        own=one.own,
                        said=why.text if why else "",
                        proved=changes,
                    )
                )
        elif one.fault is not None and one.fault.kind in MENDABLE:
            blamed, sure = _blamed(tries, place)
            found.append(
                Example(
                    one.asked, one.params, False, weight * sure, blamed, one.own, one.fault.text
                )
            )
        if not one.ok:
            failed.setdefault(one.learned_from, []).append(one)
    return found[-MOST_EXAMPLES:]


def sure(found: Believed, known: Evidence) -> bool:
    """Tell whether a rule may be followed unasked."""
    if found.lesson is None:
        return found.likely >= LIKELY
    enough = found.likely >= (LIKELY_LOSSY if found.lesson.lossy else LIKELY)
    return enough and settled(found.lesson, known)


def after(tries: Sequence[Try], place: int) -> Try | None:
    """Return the next try of the same action, or of the same wish right after it.

    The wish may have been put right by hand: then the try counts only if it worked.
    """
    one = tries[place]
    for each in tries[place + 1 :] if one.learned_from is not None else ():
        if each.learned_from == one.learned_from:
            return each
    following = tries[place + 1] if place + 1 < len(tries) else None
    if following is None or _again(one, following):
        return following
    return following if following.ok and _by_hand(tries, place + 1) is not None else None


def _again(one: Try, following: Try) -> bool:
    """Tell whether somebody took what was offered, which is another action with the same wish."""
    if one.ok or one.learned_from == following.learned_from or not (one.own and following.own):
        return False
    soon = (following.at - one.at).total_seconds() <= _BY_HAND_WITHIN_S
    return soon and not changed(one.asked, following.asked)


def named(text: str, names: Sequence[str]) -> frozenset[str]:
    """Return the parameters that a failure names."""
    return frozenset(n for n in names if says(text, n) or says(text, n.rpartition(".")[2]))


def _blamed(tries: Sequence[Try], place: int) -> tuple[frozenset[str], float]:
    """Return which parameters a call failed by, and how sure that is."""
    one, following = tries[place], after(tries, place)
    if following is not None and (following.ok or _other_fault(one.fault, following.fault)):
        return frozenset(changed(one.params, following.params)), 1.0
    if one.fault is not None and (said := named(one.fault.text, list(flat(one.params)))):
        return said, 1.0
    return frozenset(changed(one.asked, one.params)), _UNSURE_BLAME


def _other_fault(one: Fault | None, other: Fault | None) -> bool:
    return one is not None and other is not None and one.signature != other.signature


def proved(tries: Sequence[Try], place: int) -> frozenset[str]:
    """Return what had to be changed: what failed in the same action as it was before."""
    one = tries[place]
    if one.learned_from is None:
        return frozenset()
    failed = [t for t in tries[:place] if not t.ok and t.learned_from == one.learned_from]
    return _mended(failed, one)


def _mended(failed: Sequence[Try], worked: Try) -> frozenset[str]:
    return frozenset(path for each in failed for path in changed(each.params, worked.params))


def _by_hand(tries: Sequence[Try], place: int) -> Mapping[str, Any] | None:
    """Return what was asked in vain right before somebody asked for it in another way."""
    one = tries[place]
    if place == 0 or not one.own:
        return None
    before = tries[place - 1]
    soon = (one.at - before.at).total_seconds() <= _BY_HAND_WITHIN_S
    if before.ok or not before.own or not soon or before.learned_from == one.learned_from:
        return None
    different = changed(before.asked, one.asked)
    shared = len(flat(one.asked)) > len(different)
    return before.asked if shared and 0 < len(different) <= _BY_HAND_MOST else None


def shows(lesson: Lesson, example: Example) -> bool:
    """Tell whether a call was changed as a rule says."""
    sent = get(example.sent, lesson.field)
    return same(lesson.value(example.given), sent) and not same(
        get(example.given, lesson.field), sent
    )


def _confidence(found: Believed) -> float:
    return found.likely * confidence.of_evidence(
        times_observed=max(1, found.worked), belief=1.0, times_used=found.worked,
        successes=found.worked, failures=found.failed, days_since_seen=0,
    )  # fmt: skip


def _because(found: Believed) -> str:
    times = "once" if found.worked <= 1 else f"{found.worked} times"
    failed = f", failed {found.failed} times" if found.failed > 1 else ""
    return f"it worked so {times}{failed}"


def own_words_kept(
    asked: Mapping[str, Any], params: dict[str, Any], applied: list[Applied]
) -> tuple[dict[str, Any], list[Applied]]:
    """Return the parameters with every word that somebody wrote still in them."""
    sent = [str(value).casefold() for value in flat(params).values()]
    for path, value in flat(asked).items():
        if not free(value) or get(params, path) is not MISSING:
            continue
        if not any(value.casefold() in text for text in sent):
            params = put(params, path, value)
            applied = [each for each in applied if each.lesson.field != path]
    return params, applied
