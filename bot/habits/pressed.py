"""What can be pressed below a nudge, and what each answer makes of it.

Decides the words. A yes and a no are remembered as such; what was put off comes again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from integrations.contracts.delivery import Button

if TYPE_CHECKING:
    from collections.abc import Mapping

    from learning.habits.manners import Outcome
    from learning.store.nudges import Nudge

USAGE: Final = "Say `nudge yes|later|snooze|stop ID`."
VERBS: Final = frozenset({"yes", "later", "snooze", "stop"})
BECOMES: Final[Mapping[str, tuple[Outcome, str, str]]] = {
    "yes": ("accepted", "Yes.", ""),
    "later": ("refused", "Not now.", "All right. I leave you alone with this for a while."),
    "stop": ("stopped", "Stopped.", "I will not bring this up again."),
}
"""What a nudge is after an answer, what stands below it, and what the person is told."""


def buttons_of(nudge: Nudge) -> tuple[Button, ...]:
    """Return what can be pressed below a nudge."""
    id_ = nudge.id.hex
    return (
        Button("Yes", f"nudge yes {id_}", "primary"),
        Button("Not now", f"nudge later {id_}"),
        Button("Snooze 1 h", f"nudge snooze {id_}"),
        Button("Stop these", f"nudge stop {id_}", "danger"),
    )
