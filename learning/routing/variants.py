"""In which ways a role can be told to answer.

Decides what a prompt variant is made of, what it adds to a role's instructions, and which
variants may be tried. Refuses to know which one is best and who asked for what.

A variant is a set of aspects with one name: ``default`` is the empty set, ``detailed`` and
``concise`` are its two classic cuts, and ``detailed+comments`` is a cut with more on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from learning.roles import ROLE_NAMES
from learning.task_types import TASK_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from learning.roles import RoleName
    from learning.task_types import TaskType

DEFAULT: Final = "default"
MOST_LEARNED: Final = 8
"""Variants beside the three that every role has; more would starve each other of feedback."""
MOST_ASPECTS: Final = 4
"""Of one variant: a model that is told everything does nothing."""


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing that can be said about the form of an answer.

    Attributes:
        name: as wishes spell it.
        instruction: the sentence that goes to the model.
        opposites: aspects that cannot stand beside it.
        title: as a variant's name spells it, if not by its own name.
        task_types: those it makes sense for.
        roles: those it makes sense for.
    """

    name: str
    instruction: str
    opposites: tuple[str, ...] = ()
    title: str = ""
    task_types: tuple[TaskType, ...] = TASK_TYPES
    roles: tuple[RoleName, ...] = ROLE_NAMES


_WITH_CODE: Final[tuple[TaskType, ...]] = ("maths", "code", "architecture")

ASPECTS: Final[tuple[Aspect, ...]] = (
    Aspect(
        "detail",
        "Explain in detail: say why each part is as it is, and leave no step out.",
        ("brief", "code_only"),
        title="detailed",
    ),
    Aspect(
        "brief",
        "Keep it short: the answer first, and nothing that was not asked for.",
        ("detail", "steps"),
        title="concise",
    ),
    Aspect(
        "comments",
        "Comment the code, so that each part says what it is for.",
        ("no_comments",),
        task_types=_WITH_CODE,
    ),
    Aspect(
        "no_comments",
        "Give code without comments.",
        ("comments",),
        task_types=_WITH_CODE,
    ),
    Aspect(
        "code_only",
        "Give the code alone, without explanations around it.",
        ("detail", "steps", "examples", "code_first"),
        task_types=_WITH_CODE,
        roles=("router", "lead", "senior", "architect"),
    ),
    Aspect(
        "code_first",
        "Show the code first and explain it afterwards.",
        ("code_only",),
        task_types=_WITH_CODE,
        roles=("router", "lead", "senior", "architect"),
    ),
    Aspect("examples", "Give at least one concrete example.", ("no_examples", "code_only")),
    Aspect("no_examples", "Leave out examples.", ("examples",)),
    Aspect(
        "steps",
        "Go step by step and number the steps.",
        ("brief", "no_steps", "code_only"),
    ),
    Aspect("no_steps", "Leave out the intermediate steps.", ("steps",)),
    Aspect(
        "plain",
        "Use plain words and short sentences, and explain each technical term.",
        ("technical",),
    ),
    Aspect(
        "technical",
        "Write for an expert: be precise, and do not explain common terms.",
        ("plain",),
    ),
    Aspect("bullets", "Arrange the answer as bullet points.", ("prose",)),
    Aspect("prose", "Write in whole sentences, without bullet points.", ("bullets",)),
    Aspect("formal", "Keep a formal tone.", ("casual",)),
    Aspect("casual", "Keep a relaxed, friendly tone.", ("formal",)),
)
"""All that can be said about form, in the order in which names and instructions spell it."""

_BY_NAME: Final[Mapping[str, Aspect]] = {aspect.name: aspect for aspect in ASPECTS}
_BY_TITLE: Final[Mapping[str, Aspect]] = {
    **_BY_NAME,
    **{aspect.title: aspect for aspect in ASPECTS if aspect.title},
}


def portfolio(role: RoleName, task_type: TaskType, learned: Iterable[str]) -> tuple[str, ...]:
    """Return the variants to choose from: default, detailed, concise, then learned ones.

    Args:
        role: who is to answer.
        task_type: what kind of task it is.
        learned: names that people's feedback spoke of, the best supported first (as
            ``slots.best_supported`` gives them; a set is taken by name). Those that mean nothing
            in this version or to this role and task are dropped, as are those beyond eight.
    """
    first = [DEFAULT, *(a.title for a in ASPECTS if a.title and _fits(a, role, task_type))]
    ordered = sorted(learned) if isinstance(learned, set | frozenset) else learned
    further: dict[str, None] = {}
    for name in ordered:
        parts = _parts(name)
        if parts is None or not all(_fits(aspect, role, task_type) for aspect in parts):
            continue
        title = _title(parts)
        if title not in first:
            further.setdefault(title)
    return (*first, *list(further)[:MOST_LEARNED])


def instructions(variant: str) -> str:
    """Return what a variant adds to a role's instructions; nothing for ``default``.

    Parts that mean nothing in this version add nothing.
    """
    return " ".join(aspect.instruction for aspect in ASPECTS if aspect in _known(variant))


def with_wishes(variant: str, aspects: Iterable[str]) -> str:
    """Return the variant with more aspects, and without what they contradict.

    Of two wishes that contradict each other the later holds. Unknown names are passed over. Of
    more than four aspects the wishes are kept first.
    """
    kept = {aspect.name for aspect in _known(variant)}
    wished: dict[str, None] = {}
    for name in aspects:
        aspect = _BY_TITLE.get(name)
        if aspect is None:
            continue
        against = {aspect.name, *aspect.opposites}
        kept -= against
        wished = {each: None for each in wished if each not in against}
        wished[aspect.name] = None
    latest = list(wished)[-MOST_ASPECTS:]
    room = MOST_ASPECTS - len(latest)
    older = [aspect.name for aspect in ASPECTS if aspect.name in kept][:room]
    return _title(_BY_NAME[name] for name in (*older, *latest))


def aspects_of(variant: str) -> tuple[str, ...]:
    """Return the names of a variant's aspects, in the table's order; unknown ones are left out."""
    known = _known(variant)
    return tuple(aspect.name for aspect in ASPECTS if aspect in known)


def _fits(aspect: Aspect, role: RoleName, task_type: TaskType) -> bool:
    return role in aspect.roles and task_type in aspect.task_types


def _known(variant: str) -> list[Aspect]:
    return [_BY_TITLE[part] for part in variant.split("+") if part in _BY_TITLE]


def _parts(variant: str) -> list[Aspect] | None:
    """Return a variant's aspects; ``None`` if it has one that is not known, or no sense."""
    names = [part for part in variant.split("+") if part != DEFAULT]
    if not names or any(name not in _BY_TITLE for name in names):
        return None
    parts = [_BY_TITLE[name] for name in dict.fromkeys(names)]
    against = {opposite for aspect in parts for opposite in aspect.opposites}
    if len(parts) > MOST_ASPECTS or any(aspect.name in against for aspect in parts):
        return None
    return parts


def _title(aspects: Iterable[Aspect]) -> str:
    chosen = {aspect.name for aspect in aspects}
    titles = [aspect.title or aspect.name for aspect in ASPECTS if aspect.name in chosen]
    return "+".join(titles) or DEFAULT
