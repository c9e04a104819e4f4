"""How an answer came about, in the form in which it is kept for `why` to tell.

Shapes only: nothing here decides, and nothing is looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from learning import persona
from learning.routing.variants import instructions
from learning.tokens import estimated_tokens

if TYPE_CHECKING:
    from bot.stages import Decided, Interpreted, Loaded


def explained(loaded: Loaded, decided: Decided) -> dict[str, Any]:
    """Return how an answer came about, as it is stored beside it."""
    plan = decided.chosen.plan
    return {
        "task": decided.estimate.why(),
        "choice": [
            {
                "role": c.arm.role,
                "model": c.arm.model,
                "score": round(c.score, 3),
                "deviation": round(c.deviation, 3),
                "propensity": round(c.propensity, 4),
                "note": c.note,
            }
            for c in plan.candidates
        ],
        "policy": plan.policy,
        "forced": plan.forced,
        "next": [step.arm.role for step in plan.steps[1:]],
        "settings": {step.arm.role: dict(step.settings) for step in plan.steps},
        "avoided": len(decided.recalled.advice.avoid_items),
        "embedder_down": decided.recalled.lexical_only,
        "context": dict(decided.recalled.tokens) | _own_tokens(loaded),
        "persona": persona.lines(loaded.facets),
    } | ({} if decided.interpreted is None else {"read": read_as(decided.interpreted)})


def _own_tokens(loaded: Loaded) -> dict[str, int]:
    """Return the tokens of what goes along beside what was recalled."""
    form = instructions(persona.shape("", loaded.facets))
    conversation = sum(estimated_tokens(said.text) for said in loaded.history)
    return {
        name: count
        for name, count in (("persona", estimated_tokens(form)), ("conversation", conversation))
        if count
    }


def read_as(interpreted: Interpreted) -> dict[str, Any]:
    """Return how a request was read, likewise."""
    return {
        "reason": interpreted.reason,
        "mode": interpreted.mode,
        "threshold": round(interpreted.threshold, 3),
        "readings": [
            {"text": r.text, "confidence": round(r.confidence, 3)} for r in interpreted.readings
        ],
    }
