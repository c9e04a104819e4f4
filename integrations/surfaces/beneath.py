"""What stands beneath an answer in a chat, in words: who answered, and what became of it.

Decides the words, and which outcomes can be judged. Shared by the chats' surfaces; refuses to
know what a button looks like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from integrations.contracts.delivery import Outcome
from learning.interpretation.contract import MOST_READINGS
from learning.roles import ROLES

if TYPE_CHECKING:
    from integrations.contracts.delivery import Delivery, Standing
    from learning.interpretation.contract import Reading
    from learning.roles import Role

ASKED_BY: Final = "Asked by"
DISCLAIMER: Final = "Mynah can be wrong"
OWN_WORDS: Final = "Or say it in your own words."
JUDGED: Final = frozenset(
    {Outcome.ANSWERED, Outcome.FELL_BACK, Outcome.DECLINED, Outcome.CANCELLED}
)
"""Answers that people can find good or not, or correct."""
RATED: Final = JUDGED | {Outcome.ACTED}
"""What people can find good or not; of what was done there is no better answer to write."""
FINAL: Final = frozenset({Outcome.ASKED, Outcome.ACTED})
"""There is nobody else to ask: it was us who asked, or something was done, and is done once."""
TROUBLE: Final = frozenset({Outcome.FAILED, Outcome.TIMED_OUT, Outcome.OVER_BUDGET})


def signed(delivery: Delivery, *, part: int, parts: int, name: str = "") -> str:
    """Return who answered, how, and that it may be wrong; with which part of it this is.

    Of what answers no question there is no more to say than the part; nothing if it is one alone.
    """
    if delivery.target.interaction_id is None:
        return f"{part} of {parts}" if parts > 1 else ""
    said = [
        f"{part} of {parts}" if parts > 1 else "",
        delivery.role,
        delivery.model,
        _OUTCOMES.get(delivery.outcome, ""),
        name,
        DISCLAIMER,
    ]
    return " · ".join(each for each in said if each)


def ordered(delivery: Delivery) -> bool:
    """Tell whether something was said before others because somebody wanted it: they are named."""
    target = delivery.target
    return target.interaction_id is None and not target.private and bool(target.user_id)


def above(ref: str, below: int) -> str:
    """Return where the messages of a reply are, without those in the thread below it."""
    found = ref.split(",")
    return ",".join(found[: len(found) - below]) if below < len(found) else ref


def became(standing: Standing) -> str:
    """Return what became of an answer, in a few signs; nothing if nobody said anything."""
    said = [
        f"👍 {standing.up}" if standing.up else "",
        f"👎 {standing.down}" if standing.down else "",
        "corrected" if standing.corrected else "noted" if standing.up or standing.down else "",
    ]
    return " · ".join(each for each in said if each)


def offered(delivery: Delivery) -> tuple[Reading | None, list[Reading]]:
    """Return the reading that was taken, if one was, and those to choose from instead."""
    taken = next((each for each in delivery.readings if each.id == delivery.read_as), None)
    if delivery.outcome is not Outcome.ASKED and taken is None:
        return None, []
    return taken, [each for each in delivery.readings[:MOST_READINGS] if each is not taken]


def read_as(taken: Reading, others: list[Reading]) -> str:
    """Return what a question was taken for."""
    question = " Not what you meant?" if others else ""
    return f"Read as: {taken.text.rstrip(' .')}.{question}"


def other_roles(delivery: Delivery) -> list[Role]:
    """Return who else can be asked."""
    return [role for role in ROLES if delivery.role not in {role.name, role.display_name}]


_OUTCOMES: Final = {
    Outcome.FELL_BACK: "second choice",
    Outcome.DECLINED: "no expert knew",
    Outcome.FAILED: "failed",
    Outcome.TIMED_OUT: "took too long",
    Outcome.CANCELLED: "stopped",
    Outcome.OVER_BUDGET: "over budget",
}
