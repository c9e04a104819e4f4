"""Whether a rule may be followed unasked.

Decides by every call that went well and that a rule is about: it must be right for the latest, and
what it puts there must have stayed the same from call to call. A figure that is another one each
time (a check digit, a rounded size, two names joined) is no rule, even where a tool would take it.
Refuses to know how likely the rule is otherwise.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from learning.actions.evidence import mark
from learning.actions.fields import MISSING, flat, get, one_of_few, same, says
from learning.actions.hints import hints
from learning.actions.steps import FITTED, do

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from learning.actions.evidence import Evidence, Example
    from learning.actions.lessons import Lesson

_LATEST: Final = 10
_PLAIN, _TELLING, _BARE = 0.5, 0.5, 0.7
"""How often a rule must have stayed: one without a figure, with one that tells, with any other."""
_MOST_UNHARMED: Final = 2
_TELLING_LETTERS: Final = 2
_SHORTEST: Final = 2
_ALL, _APART = 3, 0.2
_ENOUGH_PLACES, _FEW = 4, 3
_NOTHING: Final = ("nothing",)


def settled(lesson: Lesson, known: Evidence) -> bool:
    """Tell whether a rule was right for the calls that it is about, and stays what it is.

    Args:
        lesson: the rule.
        known: the call that it would change, and earlier ones.
    """
    about = [each for each in known.examples if each.ok and lesson.holds(each.given)]
    right = [each for each in about if _changed(lesson, each) and _shown(lesson, each)]
    entry = any(when.test == "is" and when.field == lesson.field for when in lesson.when)
    fitted = bool(lesson.steps) and lesson.steps[-1][0] in FITTED and not entry
    seen = [(_figure(lesson, each), each) for each in about if _tells(lesson, each)][-_LATEST:]
    if not right or not seen or not _shown(lesson, seen[-1][1]):
        return False
    if fitted and _quotes(lesson, right, known.given):
        return False
    if lesson.constant and _belied(lesson, known):
        return False
    if entry and _reworded(lesson, right[-1], known):
        return False
    told = _stated(lesson, right) or _stated_when(lesson, right)
    if lesson.lossy and not (entry or told) and _elsewhere(lesson, right, known):
        return False
    stays = switches = 0
    for (one, before), (other, after) in pairwise(seen):
        if one != other:
            switches += 1
        elif not fitted or one is _NOTHING:
            stays += 1
        else:
            stays += _different(lesson, before, after)
    need = _PLAIN
    if fitted and not _stated(lesson, right):
        need = _TELLING if _telling(lesson) else _BARE
        stays += min(_MOST_UNHARMED, sum(_unharmed(lesson, each) for each in about))
    return (stays + 1) / (stays + switches + 2) >= need


def _belied(lesson: Lesson, known: Evidence) -> bool:
    """Tell whether the tool said lately what it takes there, and that is something else."""
    spoken = (e for e in reversed(known.examples) if e.said and lesson.field in e.blamed | e.proved)
    latest = next(spoken, None)
    return latest is not None and contradicts(latest.said, lesson, latest.given)


def _reworded(lesson: Lesson, last: Example, known: Evidence) -> bool:
    """Tell whether another word of the same few has become another since: so may this one."""
    earlier: dict[Hashable, Hashable] = {}
    since = False
    words = zip(known.examples, known.asked(lesson.field), known.sent(lesson.field), strict=True)
    for each, given, sent in words:
        if not each.ok or lesson.field not in each.proved:
            continue
        if since and earlier.get(given, sent) != sent:
            return True
        earlier[given], since = sent, since or each is last
    return False


def contradicts(said: str, lesson: Lesson, params: Mapping[str, Any]) -> bool:
    """Tell whether a failure lists what may stand there, and a rule's constant is not in it."""
    listed = [hint.lesson.steps[0][1] for hint in hints(said, params, {})
              if hint.lesson.field == lesson.field and hint.lesson.constant]  # fmt: skip
    return len(listed) > 1 and not any(same(each, lesson.steps[0][1]) for each in listed)


def _elsewhere(lesson: Lesson, right: Sequence[Example], known: Evidence) -> bool:
    """Tell whether a rule was only ever seen where something of few kinds was not as it is now."""
    if len(right) > _ENOUGH_PLACES:
        return False
    for name, here in flat(known.given).items():
        if name in {lesson.field, lesson.source} or not one_of_few(here) or isinstance(here, bool):
            continue
        first = get(right[0].given, name)
        few = len(set(known.asked(name)) - {MISSING}) <= _FEW
        if few and not same(first, here) and one_of_few(first) and all(
            same(get(each.given, name), first) for each in right
        ):  # fmt: skip
            return True
    return False


def _changed(lesson: Lesson, each: Example) -> bool:
    return lesson.field in each.proved and not same(
        get(each.given, lesson.field), get(each.sent, lesson.field)
    )


def _shown(lesson: Lesson, each: Example) -> bool:
    return same(lesson.value(each.given), get(each.sent, lesson.field))


def _tells(lesson: Lesson, each: Example) -> bool:
    """Tell whether a call says anything for or against: what was sent untested does not."""
    if _changed(lesson, each):
        return True
    given, sent = get(each.given, lesson.field), get(each.sent, lesson.field)
    return same(given, sent) and not same(lesson.value(each.given), given)


def _figure(lesson: Lesson, each: Example) -> Hashable:
    """Return what a call shows in place of the rule's figure."""
    sent = get(each.sent, lesson.field)
    if same(get(each.given, lesson.field), sent):
        return _NOTHING
    if _shown(lesson, each):
        return ("right",)
    name = lesson.steps[-1][0] if lesson.steps else ""
    taken = do(get(each.given, lesson.source or lesson.field), lesson.steps[:-1], copied=True)
    if name in {"prefix", "suffix"} and isinstance(sent, str) and isinstance(taken, str):
        fixed = sent.removesuffix(taken) if name == "prefix" else sent.removeprefix(taken)
        return ("figure", fixed)
    return ("figure", len(sent) if name == "most" and isinstance(sent, str | list) else mark(sent))


def _different(lesson: Lesson, one: Example, other: Example) -> int:
    """Return how telling it is that two calls show the same: the same wish again is nothing."""
    source = lesson.source or lesson.field
    taken = get(one.given, source)
    if taken is MISSING and get(other.given, source) is MISSING:
        return not same(dict(one.given), dict(other.given))
    another, figure = get(other.given, source), lesson.steps[-1][1]
    if same(taken, another):
        return 0
    numbers = [v for v in (taken, another, figure) if isinstance(v, int | float)]
    # What is merely rounded is near to what was asked for.
    return 2 if len(numbers) == _ALL and abs(taken - another) > _APART * abs(figure) else 1


def _unharmed(lesson: Lesson, each: Example) -> bool:
    """Tell a call that a limit left alone, and the tool took."""
    given = get(each.given, lesson.field)
    kept = same(given, get(each.sent, lesson.field)) and same(lesson.value(each.given), given)
    return lesson.steps[-1][0] in {"max", "min", "most"} and given is not MISSING and kept


def _stated(lesson: Lesson, right: Sequence[Example]) -> bool:
    """Tell whether the tool itself said the figure, and for what."""
    if not lesson.steps:
        return False
    figure = lesson.steps[-1][1]
    said = {each.said: each.given for each in right if each.said}
    if isinstance(figure, str) and any(map(str.isalpha, figure)):
        return any(says(text, figure) or figure.casefold() in text.casefold() for text in said)
    return any(
        hint.lesson.field == lesson.field and hint.lesson.steps[-1:] == lesson.steps[-1:]
        for text, given in said.items()
        for hint in hints(text, given, {})
    )


def _stated_when(lesson: Lesson, right: Sequence[Example]) -> bool:
    """Tell whether the tool itself said for which calls the rule is."""
    said = [each.said for each in right if says(each.said, lesson.field)]
    return any(
        when.test == "is" and any(says(s, when.field) and says(s, str(when.value)) for s in said)
        for when in lesson.when
    )


def _telling(lesson: Lesson) -> bool:
    """Tell a figure that is hardly the same by chance."""
    return sum(map(str.isalpha, str(lesson.steps[-1][1]))) >= _TELLING_LETTERS


def _quotes(lesson: Lesson, right: Sequence[Example], given: Mapping[str, Any]) -> bool:
    """Tell whether the figure has another parameter's value in it, which is another one now."""
    figure = str(lesson.steps[-1][1]).casefold()
    for name, value in right[-1].given.items():
        if name in {lesson.field, lesson.source} or not isinstance(value, str):
            continue
        if len(value) < _SHORTEST or not says(figure, value) or same(get(given, name), value):
            continue
        if all(same(get(each.given, name), value) for each in right):
            return True
    return False
