"""What came of asking the prompts with known answers, as it is kept.

Decides the stored form and which results are out of date. Refuses to know
where the bytes are kept and which policy learns from them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from learning.routing.contract import Context, Evidence, Option

if TYPE_CHECKING:
    from collections.abc import Iterable

SEED_STATE: Final = "seed"
"""Name of the learned state that holds the results."""


@dataclass(frozen=True, slots=True)
class SeedResult:
    """How well one arm answered one prompt.

    Attributes:
        role: who was asked.
        model: ``provider:model`` that played it.
        version: what the provider said had answered; the model when it said nothing.
        task: key of the prompt.
        reward: in [0, 1].
        context: of the prompt.
    """

    role: str
    model: str
    version: str
    task: str
    reward: float
    context: Context

    @property
    def evidence(self) -> Evidence:
        """The result as policies learn from it."""
        option = Option(self.role, self.version)
        return Evidence(option, self.context, self.reward, evaluation=True)


def seeds(stored: bytes | None) -> list[Evidence]:
    """Return what a policy learns from stored results, in the order they came."""
    return [result.evidence for result in load(stored)]


def merged(old: Iterable[SeedResult], new: Iterable[SeedResult]) -> list[SeedResult]:
    """Return all results; a new one takes the place of the same role's on the same prompt."""
    kept = {(result.role, result.model, result.task): result for result in old}
    for result in new:
        kept.pop((result.role, result.model, result.task), None)
        kept[result.role, result.model, result.task] = result
    return list(kept.values())


def dump(results: Iterable[SeedResult]) -> bytes:
    """Return results as JSON; each context is written once."""
    contexts: dict[str, int] = {}
    rows = []
    for result in results:
        context = json.dumps(result.context.as_data())
        rows.append(
            {
                "role": result.role,
                "model": result.model,
                "version": result.version,
                "task": result.task,
                "reward": result.reward,
                "context": contexts.setdefault(context, len(contexts)),
            }
        )
    return json.dumps(
        {"contexts": [json.loads(context) for context in contexts], "results": rows}
    ).encode()


def load(stored: bytes | None) -> list[SeedResult]:
    """Read what ``dump`` wrote; what cannot be read is left out, to be asked again."""
    try:
        data = json.loads(stored or b"{}")
    except ValueError:
        return []
    if not isinstance(data, dict):
        return []
    contexts = [
        Context.from_data(each if isinstance(each, dict) else {})
        for each in data.get("contexts") or ()
    ]
    found = (_result(row, contexts) for row in data.get("results") or ())
    return [result for result in found if result is not None]


def _result(row: Any, contexts: list[Context]) -> SeedResult | None:  # noqa: ANN401 - from JSON
    try:
        result = SeedResult(
            str(row["role"]),
            str(row["model"]),
            str(row["version"]),
            str(row["task"]),
            float(row["reward"]),
            contexts[int(row["context"])],
        )
    except (KeyError, TypeError, ValueError, IndexError):
        return None
    return result if 0.0 <= result.reward <= 1.0 else None
