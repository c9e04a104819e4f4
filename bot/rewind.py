"""Going back to an earlier state of a policy, with the ledger going back as far.

Sequence only. An entry was counted from one version of the state on until another; a snapshot
holds it if its version lies between. What is no longer counted, but is held by a snapshot, is
kept beside the turn's own entry as its past.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from learning.routing.contract import Credit, Evidence

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from uuid import UUID

    from learning.routing.contract import Context, Policy
    from learning.store.credits import Credits

    ContextOf = Callable[[UUID, str], Awaitable[Context | None]]

PAST: Final = "past"
"""Key of what was counted once, in the entry of a turn."""


async def put_back(
    credits_: Credits,
    policy: Policy,
    subjects: tuple[str, str],
    versions: tuple[int, int],
    context: ContextOf,
    now: datetime,
) -> bool:
    """Make the ledger hold what a restored state holds; return whether that state was changed.

    What was counted after the snapshot is put aside. What another restoration put aside comes
    back if the snapshot holds it. What people took back or changed is taken back from the
    state as well.

    Args:
        credits_: the ledger.
        policy: as it was restored.
        subjects: how those of arms begin, and the turn's.
        versions: of the snapshot, and of the state since it was restored.
        context: of a choice, as it counted for an embedder.
        now: the time.
    """
    arm, turn = subjects
    snapshot, restored = versions
    past: dict[UUID, list[dict[str, Any]]] = {
        entry.interaction_id: [dict(each) for each in entry.detail[PAST]]
        for entry in await credits_.holding(turn, PAST)
    }
    changed = False
    standing: list[tuple[UUID, dict[str, Any]]] = []
    for id_, entries in past.items():
        for each in entries:
            if not each.get("at", 0) <= snapshot < each["until"] or each["policy"] != policy.name:
                continue
            if each["aside"]:
                each["aside"] = False
                standing.append((id_, each))
            elif (known := await context(id_, each.get("embedder", ""))) is not None:
                credit = Credit.from_data(each["credit"])
                outcome = policy.credit(Evidence(credit.arm, known, None), credit)
                changed = changed or outcome.changed
    for entry in await credits_.after(arm, snapshot):
        past.setdefault(entry.interaction_id, []).append(
            {**entry.detail, "subject": entry.subject, "until": restored, "aside": True}
        )
        await credits_.drop(entry.interaction_id, [entry.subject])
    for id_, each in standing:
        detail = {key: each[key] for key in each if key not in {"subject", "until", "aside"}}
        await credits_.put(id_, each["subject"], {**detail, "at": restored}, now)
    for id_, entries in past.items():
        await credits_.put(id_, turn, {PAST: entries}, now)
    return changed
