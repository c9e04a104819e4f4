"""Threads with the agent in Slack: what is suggested in a fresh one, and what it is called.

Decides which suggestion goes where. Refuses to know what people want to ask and where titles
are kept. A new thread's title goes along with its first status, which Slack takes for a thread
that it does not know yet and for no other: a title that a person gave is never written over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from integrations.contracts.host import Person
    from integrations.surfaces.slack.joined import Joined
    from integrations.surfaces.slack.reading.events import Titled
    from integrations.surfaces.slack.reading.payload import Origin

MOST_PROMPTS: Final = 4


async def suggest(joined: Joined, person: Person, origin: Origin) -> None:
    """Show a person what they may want to ask, where they are about to ask.

    Args:
        joined: the workspace.
        person: who.
        origin: where; with a thread only in the older pane, which had one for each. An agent's
            suggestions are for the conversation, and with a thread they would not be shown.

    Raises:
        DeliveryFailure: if Slack does not take them.
    """
    if not origin.private or not origin.channel_id:
        return
    prompts = (await joined.host.prompts(person))[:MOST_PROMPTS]
    if not prompts:
        return
    await joined.line.send(
        "assistant.threads.setSuggestedPrompts",
        origin.channel_id,
        lambda client: client.assistant_threads_setSuggestedPrompts(
            channel_id=origin.channel_id,
            thread_ts=origin.thread_id or None,
            prompts=[{"title": prompt, "message": prompt} for prompt in prompts],
        ),
        coalesce=f"prompts:{origin.channel_id}:{origin.thread_id}",
    )


async def keep_title(joined: Joined, person: Person, event: Titled) -> None:
    """Keep the title that a person gave to a thread."""
    origin = event.origin
    await joined.host.titled(person, origin.channel_id, origin.thread_id, event.title)
