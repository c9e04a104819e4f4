"""What a workspace has learned about routing, as the store holds it.

Sequence only: reads states, keeps a few of them open by their versions, and
names them. A policy that is handed out for choosing is never changed.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import structlog

from learning.routing.health import Health
from learning.routing.registry import UnreadableState, open_policy
from learning.routing.topics import Topics
from learning.store.states import States

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from learning.routing.contract import Policy
    from learning.store.store import Unit
    from learning.task_types import TaskType

_KEPT_OPEN: Final = 256
"""States, of all workspaces together; any other is read again when it is needed."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How a model works, and what its provider said it is.

    Attributes:
        health: of its attempts.
        version: as the provider last named it; empty until it did.
    """

    health: Health
    version: str = ""

    def dump(self) -> bytes:
        """Return it as bytes."""
        return json.dumps({"version": self.version, "health": self.health.as_data()}).encode()

    @classmethod
    def load(cls, stored: bytes | None) -> Seen:
        """Read what ``dump`` wrote; nothing, or something unreadable, is a model never seen."""
        try:
            data = json.loads(stored) if stored else {}
        except ValueError:
            data = {}
        if not isinstance(data, dict):
            data = {}
        return cls(Health.from_data(data.get("health", {})), str(data.get("version", "")))


class Learned:
    """Opens what was learned.

    Args:
        policy: name of the policy that chooses.
        strengths: declared strengths by role.
        incumbent: the role that answers until another is known to be better.
        embedder: whose vectors topics are found from.
        began: when this process did; what rested before may have been mended since.
        kept_open: states, of all workspaces together, that are not read again each time.
    """

    def __init__(
        self,
        policy: str,
        strengths: Mapping[str, Mapping[TaskType, float]],
        incumbent: str | None,
        embedder: str,
        began: datetime,
        kept_open: int = _KEPT_OPEN,
    ) -> None:
        self._policy = policy
        self._strengths = strengths
        self._incumbent = incumbent
        self.embedder = embedder
        self._began = began
        self._kept_open = kept_open
        # By the workspace's key: one that was erased and made anew has another.
        self._open: OrderedDict[tuple[bytes, str], tuple[int, Any]] = OrderedDict()
        self._log = structlog.get_logger("mynah.routing")

    @property
    def policy_state(self) -> str:
        """Name of the state of the policy that chooses."""
        return f"policy:{self._policy}"

    @property
    def policy_name(self) -> str:
        """Name of the policy that chooses."""
        return self._policy

    @property
    def topics_state(self) -> str:
        """Name of the state that holds the topics."""
        return "topics"

    def open(self, stored: bytes | None) -> Policy:
        """Return the policy as it was saved; a fresh one if there is none that can be read."""
        try:
            return open_policy(self._policy, self._strengths, self._incumbent, stored)
        except UnreadableState as problem:
            self._log.warning("routing_state_unreadable", policy=self._policy, problem=str(problem))
            return open_policy(self._policy, self._strengths, self._incumbent, None)

    async def all(
        self, unit: Unit, models: Iterable[str]
    ) -> tuple[Policy, Topics | None, Mapping[str, Seen]]:
        """Return what ``policy``, ``topics`` and ``seen`` do, with one look at what has changed."""
        names = {model: health_state(model) for model in models}
        readers: dict[str, Callable[[bytes | None], Any]] = {
            self.policy_state: self.open,
            self.topics_state: self.topics_from,
            **dict.fromkeys(names.values(), Seen.load),
        }
        kept = await self._kept(unit, readers)
        return (
            kept[self.policy_state],
            self._of_this_embedder(kept[self.topics_state]),
            {model: self._since(kept[name]) for model, name in names.items()},
        )

    async def policy(self, unit: Unit) -> Policy:
        """Return the workspace's policy, for choosing only."""
        name = self.policy_state
        found: Policy = (await self._kept(unit, {name: self.open}))[name]
        return found

    async def topics(self, unit: Unit) -> Topics | None:
        """Return the workspace's topics, if they were found yet for this embedder."""
        name = self.topics_state
        return self._of_this_embedder((await self._kept(unit, {name: self.topics_from}))[name])

    def _of_this_embedder(self, found: Topics | None) -> Topics | None:
        return found if found is not None and found.embedder == self.embedder else None

    def topics_from(self, stored: bytes | None) -> Topics | None:
        """Return topics as they were saved; none if they cannot be read."""
        try:
            return Topics.load(stored) if stored else None
        except UnreadableState as problem:
            self._log.warning("topics_unreadable", problem=str(problem))
            return None

    async def seen(self, unit: Unit, models: Iterable[str]) -> Mapping[str, Seen]:
        """Return what is known of each model's operation."""
        names = {model: health_state(model) for model in models}
        kept = await self._kept(unit, dict.fromkeys(names.values(), Seen.load))
        return {model: self._since(kept[name]) for model, name in names.items()}

    def _since(self, seen: Seen) -> Seen:
        return replace(seen, health=seen.health.since(self._began))

    async def _kept(
        self, unit: Unit, readers: Mapping[str, Callable[[bytes | None], Any]]
    ) -> dict[str, Any]:
        """Return states by name, read again only where they have changed."""
        states = States(unit)
        versions = await states.versions(readers)
        found: dict[str, Any] = {}
        for name in readers:
            key = (unit.key, name)
            version, kept = self._open.get(key, (None, None))
            if version == versions.get(name, 0):
                found[name] = kept
                self._open.move_to_end(key)
        # What is fresh is taken before the wait: another turn may close it meanwhile.
        stale = [name for name in readers if name not in found]
        stored = await states.load_many([name for name in stale if versions.get(name)])
        for name in stale:
            state = stored.get(name)
            found[name] = readers[name](state.state if state else None)
            self._open[unit.key, name] = (state.version if state else 0, found[name])
            self._open.move_to_end((unit.key, name))
        while len(self._open) > self._kept_open:
            self._open.popitem(last=False)
        return found


def health_state(model: str) -> str:
    """Return the name of the state that holds a model's operation."""
    return f"health:{model}"
