"""Reading a short request: what it may mean, and whether to ask before answering.

Sequence only: whether it is ambiguous, what it may mean, and from which
confidence a reading is taken are decided in ``learning.interpretation``. Who
does not want to be learned from is answered as asked: asking well needs to know
a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.stages import Interpreted
from bot.telemetry import span
from learning.extract import similarity
from learning.interpretation.ambiguity import ambiguous
from learning.interpretation.readings import Answered
from learning.interpretation.threshold import decide, threshold
from learning.precedent import SAME_QUESTION
from learning.store.interpretations import Interpretations

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bot.clock import Clock
    from bot.context import ContextBuilder
    from bot.interpret import Interpreter
    from bot.stages import Loaded
    from learning.lexicon import Lexicon
    from learning.store.store import Store
    from learning.task_types import TaskEstimate


_MOST_NOTED: Final = 8
"""Memories of each kind that are noted beside readings."""


class Interpreting:
    """Reads requests.

    Args:
        store: where the person's earlier choices are.
        contexts: finds earlier answers.
        interpreter: makes the readings.
        lexicon: for comparing questions.
        clock: tells the time.
    """

    def __init__(
        self,
        store: Store,
        contexts: ContextBuilder,
        interpreter: Interpreter,
        lexicon: Lexicon,
        clock: Clock,
    ) -> None:
        self._store = store
        self._contexts = contexts
        self._interpreter = interpreter
        self._lexicon = lexicon
        self._clock = clock

    async def read(
        self,
        workspace_id: str,
        loaded: Loaded,
        estimate: TaskEstimate,
        vector: NDArray[np.float32] | None,
    ) -> Interpreted | None:
        """Return what a request may mean; nothing if it is clear."""
        text, interaction = loaded.question.text, loaded.interaction
        settled = loaded.settles or interaction.clarifies
        if not loaded.learns or settled or interaction.again or interaction.asked_role:
            return None
        doubt = ambiguous(text, task=estimate, history=len(loaded.history), known_answer=False)
        if not doubt.open:
            return None
        with span("mynah.interpret"):
            now = self._clock()
            async with self._store.begin_in(loaded.scope(workspace_id)) as unit:
                liked = await self._contexts.precedents(
                    unit, text, vector, interaction.user_id, now
                )
            async with self._store.begin(workspace_id, None) as unit:
                interpretations = Interpretations(unit)
                before = await interpretations.outcomes(interaction.user_id)
                chosen = await interpretations.choices(interaction.user_id)
            if any(similarity(text, r.question, self._lexicon) >= SAME_QUESTION for r in liked):
                return None  # there is an answer that was liked
            goals = [m for m in loaded.memories if m.kind == "goal"]
            preferences = [m for m in loaded.memories if m.kind == "preference"]
            readings = await self._interpreter.interpret(
                text,
                estimate,
                goals,
                preferences,
                [Answered(r.id, r.question, r.rating) for r in liked],
                loaded.facets,
                loaded.history,
                chosen,
            )
            if not readings:
                return None
            at = threshold(before, now)
            does = decide(readings, at)
            if does == "leave":
                return None
        return Interpreted(
            readings,
            "asked" if does == "ask" else "advanced",
            at.at,
            doubt.reason,
            {
                "facets": dict(loaded.facets),
                "question": text,
                "choices": sum(chosen.values()),
                # By their ids: what is forgotten is to be found nowhere but in its own row.
                "goals": [str(memory.id) for memory in goals[:_MOST_NOTED]],
                "preferences": [str(memory.id) for memory in preferences[:_MOST_NOTED]],
            },
        )
