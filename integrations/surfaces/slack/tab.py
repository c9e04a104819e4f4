"""When a person's own tab in Slack is shown, and shown again.

Decides which commands change what a tab shows, and for whom it is worth showing anew: those who
opened it here. Refuses to know what a tab looks like. What was shown elsewhere, by another
process, is shown anew when it is opened the next time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from integrations.surfaces.slack.views.home import Known, home

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from integrations.contracts.host import Host, Person
    from integrations.surfaces.slack.joined import Joined
    from integrations.surfaces.slack.reading.payload import Origin

CHANGING: Final = frozenset(
    {"correct", "forget", "forget-me", "learning", "model", "nudges", "off", "on", "remember"}
)
"""Commands after which a tab is not what it was."""


async def show_home(
    joined: Joined, origin: Origin, *, page: int | None = None, notice: str = ""
) -> None:
    """Show a person their tab as it is now.

    Args:
        joined: the workspace.
        origin: who.
        page: which page; the one that they were on, if not given.
        notice: what became of what they just did, as Markdown.

    Raises:
        DeliveryFailure: if Slack does not take it.
    """
    person = await joined.person(origin)
    at = page if page is not None else joined.tabs.page(origin.user_id) or 0
    view = home(await _known(joined.host, person), page=at, notice=notice)
    joined.tabs.turned(origin.user_id, int(view["private_metadata"]))
    await joined.line.send(
        "views.publish",
        "",
        lambda client: client.views_publish(user_id=origin.user_id, view=view),
        coalesce=f"home:{origin.user_id}",
    )


async def refresh(joined: Joined, origin: Origin, line: str) -> None:
    """Show a tab anew that a command may have changed, if it was opened.

    Raises:
        DeliveryFailure: if Slack does not take it.
    """
    words = line.split(maxsplit=2)
    name = words[1] if words[:1] == ["learnings"] and len(words) > 1 else "".join(words[:1])
    if name in CHANGING and joined.tabs.page(origin.user_id) is not None:
        await show_home(joined, origin)


async def _known(host: Host, person: Person) -> Known:
    admin: Mapping[str, Any] = {}
    snapshots = ()
    if person.admin:
        admin = (await host.command(person, "model")).data
        snapshots = (await host.command(person, "model snapshots")).data.get("snapshots", ())
    return Known(
        (await host.command(person, "me")).data,
        (await host.command(person, "learnings")).data,
        admin,
        snapshots,
    )
