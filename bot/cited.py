"""What an answer cited gets its share of what people make of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.prune import after_trials
from learning.store.interactions import Interactions
from learning.store.learning_metrics import LearningMetrics
from learning.store.learnings import Learnings
from learning.store.memories import Memories

if TYPE_CHECKING:
    from datetime import datetime

    from learning.feedback import Feedback
    from learning.store.interactions import Interaction
    from learning.store.store import Unit


async def credit_cited(
    unit: Unit, interaction: Interaction, before: Feedback, feedback: Feedback, now: datetime
) -> None:
    """Give what was cited its share of the verdict, and take back the earlier one.

    Args:
        unit: an open transaction.
        interaction: the answer.
        before: the verdict of those who may be learned from, as it was.
        feedback: their verdict now.
        now: when.
    """
    successes = int(feedback.liked) - int(before.liked)
    failures = int(feedback.disliked) - int(before.disliked)
    if not successes and not failures:
        return
    cited = [r.item_id for r in await Interactions(unit).recalls_of(interaction.id) if r.cited]
    if not cited:
        return
    learnings = Learnings(unit)
    await learnings.credit(cited, successes=successes, failures=failures)
    await Memories(unit).credit(cited, successes=successes, failures=failures)
    await learnings.trust({x.id: after_trials(x, now) for x in await learnings.find(cited)})
    await LearningMetrics(unit).add(now.date(), successful=successes, failed=failures)
