"""What people think of an answer in Slack: votes, stars, and why it was not good.

Decides when somebody is asked why, and what they are told. The vote counts before they are asked,
and whatever they answer. Refuses to know what follows from it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from integrations.contracts.host import Refusal
from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.sayings import (
    ASKING_WHY,
    CORRECTED,
    HOW_TO_RATE,
    STARRED,
    TAKEN_IN,
    sentence,
)
from integrations.surfaces.slack.joined import person_of
from integrations.surfaces.slack.reading import ids
from integrations.surfaces.slack.views import dialogs

if TYPE_CHECKING:
    from uuid import UUID

    from integrations.contracts.incoming import Incoming
    from integrations.surfaces.slack.joined import Joined
    from integrations.surfaces.slack.reading.intents import (
        Press,
        Rated,
        Reasoned,
        Starred,
        WantsRating,
        WantsReason,
    )
    from integrations.surfaces.slack.reading.payload import Origin
    from integrations.surfaces.slack.views.dialogs import View

TRIGGER_S: Final = 2.5
"""A dialog that cannot be opened within three seconds cannot be opened at all."""
SORRY: Final = (
    f"Thank you for saying so. **Correct** under the answer, or `{ids.COMMAND} correct ID \
TEXT`, tells me what it should have been."
)

_log = structlog.get_logger("mynah.slack")


async def ask_why(joined: Joined, origin: Origin, thread_id: str, interaction: UUID) -> None:
    """Ask somebody alone, where the answer is, why it was not good.

    A reaction opens no dialog: Slack lets only presses do that.

    Raises:
        DeliveryFailure: if they cannot be asked.
    """
    there = replace(origin, thread_id=thread_id)
    await joined.speech.whisper(there, ASKING_WHY, below=[dialogs.saying_why(interaction)])


async def rate(joined: Joined, wanted: Rated) -> None:
    """Count a vote, and then open the dialog that asks why if it was against the answer."""
    if await _accepted(joined, wanted.by, wanted.incoming()) and not wanted.good:
        joined.errands.run("reason", _open_reason(joined, wanted.by, wanted.interaction_id))


def ask_reason(joined: Joined, wanted: WantsReason) -> None:
    """Open the dialog that asks why."""
    joined.errands.run("reason", _open_reason(joined, wanted.by, wanted.interaction_id))


async def take_reason(joined: Joined, wanted: Reasoned) -> None:
    """Take in why an answer was not good, and what is right if they know it."""
    corrections = [wanted.correction()]
    events = [wanted.incoming(), *corrections]
    given = [event for event in events if event is not None]
    if given and all([await _accepted(joined, wanted.by, event) for event in given]):
        _tell(joined, wanted.by, CORRECTED if any(corrections) else TAKEN_IN)


def ask_stars(joined: Joined, wanted: WantsRating) -> None:
    """Open the dialog for stars if the message is an answer; else say how to rate one."""
    joined.errands.run("stars", _open_stars(joined, wanted))


async def take_stars(joined: Joined, wanted: Starred) -> None:
    """Count stars."""
    if await _accepted(joined, wanted.by, wanted.incoming()):
        _tell(joined, wanted.by, STARRED)


async def _accepted(joined: Joined, by: Press, event: Incoming) -> bool:
    """Hand something to the front door; tell the person if it is refused."""
    try:
        await joined.host.accept(event)
    except Refusal as refusal:
        _tell(joined, by, str(refusal))
        return False
    except ValueError as problem:
        _tell(joined, by, sentence(problem))
        return False
    return True


async def _open_reason(joined: Joined, by: Press, interaction: UUID) -> None:
    try:
        await _open(joined, by, dialogs.reason(by, interaction))
    except DeliveryFailure as failure:
        _log.info("reason not asked for", why=str(failure))
        button = dialogs.saying_why(interaction)
        await joined.speech.whisper(by.origin, SORRY, by.response_url, below=[button])


async def _open_stars(joined: Joined, wanted: WantsRating) -> None:
    by = wanted.by
    found = await joined.host.find(person_of(by.origin), by.ref) if wanted.ours else None
    if found is None:
        await joined.speech.whisper(by.origin, HOW_TO_RATE, by.response_url)
    else:
        await _open(joined, by, dialogs.stars(by, found))


async def _open(joined: Joined, by: Press, view: View) -> None:
    await joined.line.send(
        "views.open",
        "",
        lambda client: client.views_open(trigger_id=by.trigger_id, view=view),
        patience_s=TRIGGER_S,
    )


def _tell(joined: Joined, by: Press, text: str) -> None:
    """Tell a person something alone, after Slack was answered."""
    joined.errands.run("answer", joined.speech.whisper(by.origin, text, by.response_url))
