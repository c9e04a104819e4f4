"""What a turn lets one believe of a thing that was chosen, and how that is taken back.

Decides how subjects are spelled in a ledger, and what to add and to take back when claims
change. Refuses to know why anything is claimed, and where the ledger is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args
from urllib.parse import quote, unquote

from learning.routing.slots import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable

SubjectKind = Literal["arm", "variant", "temperature", "max_tokens", "fallback"]
SUBJECT_KINDS: Final[tuple[SubjectKind, ...]] = get_args(SubjectKind)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a claim is about.

    Attributes:
        kind: "arm", "fallback" or one of the settings.
        role: the arm's role; of a fallback, the role that failed.
        task_type: the kind of task that the choice was made for.
        option: the arm's version, the setting's option, or the role that was asked next.
        user_id: whose tally; empty for arms, which a policy learns about for everybody.
    """

    kind: SubjectKind
    role: str
    task_type: str
    option: str
    user_id: str = ""

    def __str__(self) -> str:
        parts = (self.kind, self.role, self.task_type, self.option, self.user_id)
        return "|".join(quote(part, safe="") for part in parts)

    @classmethod
    def parse(cls, key: str) -> Subject:
        """Return the subject that ``str`` made the key of.

        Raises:
            ValueError: if it is no such key.
        """
        parts = [unquote(part) for part in key.split("|")]
        for kind in SUBJECT_KINDS:
            if len(parts) == len(cls.__slots__) and parts[0] == kind:
                return cls(kind, *parts[1:])
        raise ValueError(
            f"{key!r} is no subject of a claim: it must read kind|role|task_type|option|user_id, "
            f"and the kind must be one of {', '.join(SUBJECT_KINDS)}"
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be believed of a subject because of one turn; reward and weight in [0, 1]."""

    subject: Subject
    reward: float
    weight: float
    why: str

    @property
    def tally(self) -> Tally:
        """What it adds to the subject's tally."""
        return Tally(self.weight, self.weight * self.reward)


@dataclass(frozen=True, slots=True)
class Change:
    """What a subject's claim was until now, and what it is from now on."""

    subject: Subject
    before: Claim | None
    after: Claim | None

    @property
    def tally(self) -> Tally:
        """What the subject's tally moves by; negative weights take back."""
        after = self.after.tally if self.after else Tally()
        return after - self.before.tally if self.before else after


def changes(standing: Iterable[Claim], newest: Iterable[Claim]) -> tuple[Change, ...]:
    """Return what must be added and taken back so that ``newest`` stands and nothing else."""
    before = {claim.subject: claim for claim in standing}
    after = {claim.subject: claim for claim in newest}
    return tuple(
        Change(subject, before.get(subject), after.get(subject))
        for subject in {**before, **after}
        if _counted(before.get(subject)) != _counted(after.get(subject))
    )


def _counted(claim: Claim | None) -> tuple[float, float] | None:
    return None if claim is None else (claim.reward, claim.weight)
