"""What the host in memory knows of people, and the commands that change it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from integrations.contracts.host import CommandReply

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from integrations.contracts.host import Person

MEMORIES = (
    ("goal", "build a REST API with FastAPI", "chosen", "suggest", 1),
    ("preference", "prefers TypeScript", "stated", "suggest", 1),
    ("preference", "deploys to Fly", "observed", "ask", 4),
    ("insight", "asks about retries when a release is near", "inferred", "silent", 1),
    ("history", "asked “build api” and meant “build a REST API”", "chosen", "suggest", 1),
    ("history", "asked “deploy api” and meant “deploy your REST API to Fly”", "chosen", "ask", 1),
)
PERSONA = {"concise": 0.72, "step_by_step": 0.4, "code_first": 0.9, "formal": 0.5}
SECRET = "hunter2"


class FakeKnown:
    """Answers ``me``, ``correct``, ``forget``, ``on`` and ``off`` about memories.

    Everybody starts with ``MEMORIES``, except whose name begins with "new"; whose name begins
    with "broken" is told why nothing can be said, "crashed" makes the command raise.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._learning: defaultdict[str, bool] = defaultdict(lambda: True)
        self._memories: dict[str, list[dict[str, Any]]] = {}
        self._made = 0

    def run(self, person: Person, line: str) -> CommandReply | None:
        """Run a command; ``None`` if it is not about memories."""
        user = person.user_id
        mine = self._memories.setdefault(user, self._of(user))
        name, _, rest = line.partition(" ")
        id_, _, words = rest.partition(" ")
        at = next((i for i, memory in enumerate(mine) if memory["id"] == id_), None)
        match name:
            case "me":
                return self._me(user)
            case "on" | "off":
                self._learning[user] = name == "on"
                return CommandReply(
                    "I learn from you again."
                    if name == "on"
                    else "I no longer learn from you. Type `forget-me` to have all of it deleted."
                )
            case "correct" if at is not None:
                if SECRET in words:
                    return CommandReply("I cannot keep that: it looks like a secret.", ok=False)
                mine[at] = self._memory(mine[at]["kind"], words, "stated", "suggest", 1)
                return CommandReply(f"Thank you. Now I have:\n\n- `#1` {words}")
            case "forget" if at is not None:
                del mine[at]
                return CommandReply("Forgotten. The message it came from is kept.")
        return None

    def _me(self, user: str) -> CommandReply:
        if user.startswith("broken"):
            return CommandReply("The store is being moved. Ask again in a minute.", ok=False)
        if user.startswith("crashed"):
            raise ConnectionError("the store is gone")
        empty = dict.fromkeys(PERSONA, 0.5)
        return CommandReply(
            "what I know",
            {
                "memories": [dict(memory) for memory in self._memories[user]],
                "persona": empty if user.startswith("new") else PERSONA,
                "asks_below": 0.847,
                "learning": self._learning[user],
            },
        )

    def _of(self, user: str) -> list[dict[str, Any]]:
        return [] if user.startswith("new") else [self._memory(*memory) for memory in MEMORIES]

    def _memory(
        self, kind: str, text: str, origin: str, permits: str, times: int
    ) -> dict[str, Any]:
        self._made += 1
        at = self._now().isoformat()
        return {
            "id": f"m{self._made}",
            "kind": kind,
            "text": text,
            "origin": origin,
            "confidence": 0.8,
            "permits": permits,
            "times_observed": times,
            "since": at,
            "last_seen": at,
            "until": None,
        }
