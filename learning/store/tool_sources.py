"""Which services a workspace is connected with, what their tools looked like, and what is allowed.

Decides nothing. What a source is described by is sealed, and handed back as it came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.actions.seen import Seen
from learning.store.acted import tool_rules, tool_sources

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from learning.store.store import Unit

Rule = Literal["ask", "auto", "off"]


@dataclass(frozen=True, slots=True)
class ToolSource:
    """A source as it is kept; one without a body is described elsewhere."""

    name: str
    kind: str
    body: Mapping[str, Any] = field(repr=False)
    seen: Mapping[str, Seen]
    changed_at: datetime
    checked_at: datetime | None


class ToolSources:
    """Reads and writes a workspace's sources within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def all(self) -> list[ToolSource]:
        """Return the workspace's sources by name."""
        rows = await self._db.execute(select(tool_sources).order_by(tool_sources.c.name))
        return [_source(row) for row in rows]

    async def locked(self, name: str) -> ToolSource | None:
        """Return a source, which nobody else changes until this transaction is over."""
        row = (
            await self._db.execute(
                select(tool_sources).where(tool_sources.c.name == name).with_for_update()
            )
        ).one_or_none()
        return None if row is None else _source(row)

    async def put(self, name: str, kind: str, body: Mapping[str, Any], now: datetime) -> None:
        """Keep a source in the place of an earlier one, of whose tools nothing is known then."""
        statement = upsert(tool_sources).values(
            workspace_id=self._unit.workspace_id,
            name=name,
            kind=kind,
            body=dict(body),
            tools={},
            changed_at=now,
        )
        await self._db.execute(
            statement.on_conflict_do_update(
                index_elements=["workspace_id", "name"],
                set_={
                    "kind": kind,
                    "body": statement.excluded.body,
                    "tools": statement.excluded.tools,
                    "changed_at": now,
                    "checked_at": None,
                },
            )
        )

    async def mention(self, name: str, kind: str, now: datetime) -> None:
        """Make room for what is seen of a source that is described elsewhere."""
        await self._db.execute(
            upsert(tool_sources)
            .values(
                workspace_id=self._unit.workspace_id,
                name=name,
                kind=kind,
                body={},
                tools={},
                changed_at=now,
            )
            .on_conflict_do_nothing()
        )

    async def saw(self, name: str, seen: Mapping[str, Seen], now: datetime) -> None:
        """Keep what a source's tools looked like."""
        await self._db.execute(
            update(tool_sources)
            .where(tool_sources.c.name == name)
            .values(
                tools={tool: [each.digest, each.changed] for tool, each in seen.items()},
                checked_at=now,
            )
        )

    async def remove(self, name: str) -> bool:
        """Forget a source with what is allowed of it; return whether there was one."""
        done = await self._db.execute(delete(tool_sources).where(tool_sources.c.name == name))
        await ToolRules(self._unit).drop(name)
        return bool(done.rowcount)


class ToolRules:
    """Reads and writes what admins allow, within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def all(self) -> dict[str, Rule]:
        """Return every rule by what it is for: a tool, or all of a source's."""
        rows = await self._db.execute(select(tool_rules.c.tool, tool_rules.c.rule))
        return {row.tool: cast("Rule", row.rule) for row in rows}

    async def of(self, tool: str) -> Rule | Literal[""]:
        """Return the rule that holds for a tool: its own, or that of its source."""
        rules = await self._db.execute(
            select(tool_rules.c.tool, tool_rules.c.rule).where(
                tool_rules.c.tool.in_([tool, tool.partition(".")[0]])
            )
        )
        return ruling({row.tool: row.rule for row in rules}, tool)

    async def put(self, tool: str, rule: Rule, now: datetime) -> None:
        """Set a rule; one for all of a source takes the place of those of its tools."""
        if "." not in tool:
            await self.drop(tool)
        await self._db.execute(
            upsert(tool_rules)
            .values(workspace_id=self._unit.workspace_id, tool=tool, rule=rule, changed_at=now)
            .on_conflict_do_update(
                index_elements=["workspace_id", "tool"], set_={"rule": rule, "changed_at": now}
            )
        )

    async def drop(self, source: str) -> None:
        """Take back the rules of a source and of its tools."""
        await self._db.execute(
            delete(tool_rules).where(
                (tool_rules.c.tool == source)
                | tool_rules.c.tool.startswith(f"{source}.", autoescape=True)
            )
        )


def ruling(rules: Mapping[str, Rule], tool: str) -> Rule | Literal[""]:
    """Return the rule among several that holds for a tool."""
    return rules.get(tool) or rules.get(tool.partition(".")[0]) or ""


def _source(row: Any) -> ToolSource:  # noqa: ANN401 - a row
    seen = {tool: Seen(digest, changed) for tool, (digest, changed) in row.tools.items()}
    return ToolSource(row.name, row.kind, row.body, seen, row.changed_at, row.checked_at)
