from __future__ import annotations

from typing import TYPE_CHECKING

from learning.actions.seen import Seen, accepted, notice
from learning.store.tool_sources import ToolRules, ToolSources

if TYPE_CHECKING:
    from datetime import datetime

    from learning.store.store import Store

BODY = {"url": "https://tools.example.com/mcp", "token": "hidden-token"}


async def test_a_source_is_kept_with_what_was_seen_and_allowed_of_it(
    store: Store, workspace: str, now: datetime
) -> None:
    async with store.begin(workspace, None) as unit:
        sources, rules = ToolSources(unit), ToolRules(unit)
        await sources.put("search", "mcp", BODY, now)
        await sources.saw("search", {"search.find": Seen("d1", "2026-03-02")}, now)
        await rules.put("search.find", "off", now)
        await rules.put("search", "auto", now)
        await rules.put("searches.find", "ask", now)
    async with store.begin(workspace, None) as unit:
        [kept] = await ToolSources(unit).all()
        assert (kept.body, kept.checked_at) == (BODY, now)
        assert kept.seen == {"search.find": Seen("d1", "2026-03-02")}
        assert "hidden" not in repr(kept)
        assert await ToolRules(unit).of("search.find") == "auto", "all of it, decided later"
        assert await ToolRules(unit).of("other.find") == ""
        assert await ToolSources(unit).remove("search")
        assert not await ToolSources(unit).remove("search")
        assert await ToolRules(unit).all() == {"searches.find": "ask"}


async def test_workspaces_do_not_see_each_others_sources(
    store: Store, workspace: str, now: datetime
) -> None:
    async with store.begin(workspace, None) as unit:
        await ToolSources(unit).put("search", "mcp", BODY, now)
        await ToolRules(unit).put("search", "off", now)
    async with store.begin(f"{workspace}-other", None) as unit:
        assert await ToolSources(unit).all() == []
        assert await ToolRules(unit).of("search.find") == ""


def test_what_changed_came_and_went_is_noticed_and_kept_until_somebody_decides() -> None:
    first = notice({}, {"s.a": "1", "s.b": "1"}, "2026-03-02")
    assert (first.changed, first.gone) == ((), ()), "nothing is new the first time"
    later = notice(first.seen, {"s.a": "2", "s.c": "1"}, "2026-03-03")
    assert (later.changed, later.gone) == (("s.a", "s.c"), ("s.b",))
    again = notice(later.seen, {"s.a": "2", "s.c": "1"}, "2026-03-04")
    assert again.changed == ()
    assert again.seen["s.a"] == Seen("2", "2026-03-03")
    assert accepted(again.seen, "s.a")["s.a"] == Seen("2")
    assert accepted(again.seen, "s.a")["s.c"].changed
    assert not any(each.changed for each in accepted(again.seen, "s").values())
