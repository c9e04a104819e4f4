"""The ledger: what of everything said about a choice is counted now.

Sequence only. For each interaction the ledger holds what was added to the policy and to the
tallies; ``settle`` brings it to what should be counted, adding and taking back the
difference. Rows are locked first, so two processes lose no update.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import structlog

from learning.routing.claims import Change, Claim, Subject
from learning.routing.contract import Credit, Evidence, Option
from learning.routing.slots import Tally, voice
from learning.seeding.results import SEED_STATE, seeds
from learning.store.arms import Arms
from learning.store.credits import Credits
from learning.store.interactions import Interactions
from learning.store.states import States

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from bot.clock import Clock
    from bot.learned import Learned
    from learning.routing.contract import Policy
    from learning.store.interactions import Choice, Interaction, Run
    from learning.store.store import Unit

TURN: Final = "turn"
"""The entry that says that the turn itself was counted, whatever people think of it."""
_ARM: Final = "arm|"
_SNAPSHOT_EVERY: Final = 100
_REBUILT_FROM: Final = 5_000
"""Credits that a policy is rebuilt from when it is switched on or cannot be read."""


@dataclass(frozen=True, slots=True)
class Told:
    """An interaction with what was chosen for it and what was tried."""

    interaction: Interaction
    choice: Choice
    runs: Sequence[Run]


class Ledger:
    """Keeps what is counted for each choice.

    Args:
        learned: opens policies.
        clock: tells the time.
    """

    def __init__(self, learned: Learned, clock: Clock) -> None:
        self._learned = learned
        self._clock = clock
        self._log = structlog.get_logger("mynah.credit")

    async def open(self, unit: Unit, interaction_id: UUID) -> Told | None:
        """Return a finished interaction, locked; nothing if nobody was chosen for it."""
        interactions = Interactions(unit)
        interaction = await interactions.find(interaction_id, lock=True)
        if interaction is None or interaction.status != "done":
            return None
        choice = await interactions.choice_of(interaction_id)
        if choice is None:  # a person's correction
            return None
        return Told(interaction, choice, await interactions.runs_of(interaction_id))

    async def restore(self, unit: Unit, version: int) -> int:
        """Go back to a state of the policy that was put aside; return its version from now on.

        What was credited since then is no longer counted, so a later change of it takes
        nothing back that is not there.

        Raises:
            LookupError: if there is no such snapshot; the message says which there are.
        """
        states, name = States(unit), self._learned.policy_state
        restored = await states.restore(name, version, self._clock())
        taken = next(s.created_at for s in await states.snapshots(name) if s.version == version)
        await Credits(unit).drop_since(_ARM, taken)
        return restored

    async def drop_snapshots(self, unit: Unit) -> None:
        """Delete what was put aside of the policy: an erased person still has a part in it."""
        await States(unit).drop_snapshots(self._learned.policy_state)

    async def take_back(self, unit: Unit, interaction_ids: Sequence[UUID]) -> None:
        """Take back what was counted for interactions that are about to be deleted."""
        # Every interaction is locked before the policy: crediting takes them in that order too.
        opened = [await self.open(unit, id_) for id_ in sorted(interaction_ids)]
        for told in opened:
            if told is not None:
                counted = await Credits(unit).of(told.interaction.id)
                await self.settle(unit, told, counted, {}, chosen=False)

    async def settle(
        self,
        unit: Unit,
        told: Told,
        ledger: Mapping[str, Any],
        found: Mapping[str, Claim],
        *,
        chosen: bool,
    ) -> None:
        """Add and take back what differs between what is counted and what should be.

        Args:
            unit: an open transaction; locks are held until it ends.
            told: what it is about.
            ledger: what is counted, by subject.
            found: what should be, by subject.
            chosen: whether the choice itself is counted now, as one that may be answered.
        """
        settings = {key: claim for key, claim in found.items() if not _is_arm(key)}
        counted = {key for key in ledger if key != TURN and not _is_arm(key)}
        await self._change_tallies(
            unit,
            told,
            {key: (ledger.get(key), settings.get(key)) for key in sorted({*settings, *counted})},
        )
        arms = {key: claim for key, claim in found.items() if _is_arm(key)}
        known = {key: ledger[key] for key in ledger if _is_arm(key)}
        if not arms and not known and not chosen:
            return
        policy = await self.locked(unit)
        if chosen:
            policy.chosen()
        for key in sorted({*arms, *known}):
            await self._change_arm(unit, told, policy, key, known.get(key), arms.get(key))
        states, now = States(unit), self._clock()
        version = await states.save(self._learned.policy_state, policy.dump(), now)
        if version % _SNAPSHOT_EVERY == 0:
            await states.snapshot(self._learned.policy_state, f"after {version} changes", now)

    async def _change_tallies(
        self,
        unit: Unit,
        told: Told,
        entries: Mapping[str, tuple[Mapping[str, Any] | None, Claim | None]],
    ) -> None:
        arms, credits_, now = Arms(unit), Credits(unit), self._clock()
        heard: dict[tuple[str, str, str, str], Tally] = {}
        for key, (counted, claim) in entries.items():
            subject = Subject.parse(key)
            before = None
            if counted is not None:
                before = Claim(subject, counted["reward"], counted["weight"], counted["why"])
            moved = Change(subject, before, claim).tally
            if moved != Tally():
                at = (str(subject.kind), subject.role, subject.task_type, subject.option)
                own = await arms.add(*at, subject.user_id, moved, now)
                # Everybody's tally is the sum of what each person counts for: nobody is several.
                heard[at] = heard.get(at, Tally()) + voice(own) - voice(own - moved)
            if claim is None:
                await credits_.drop(told.interaction.id, [key])
            elif moved != Tally():
                detail = {"reward": claim.reward, "weight": claim.weight, "why": claim.why}
                await credits_.put(told.interaction.id, key, detail, now)
        # After all rows of people, in one order: nobody waits for who waits for them.
        for (kind, role, task_type, option), change in sorted(heard.items(), key=itemgetter(0)):
            await arms.add(kind, role, task_type, option, "", change, now)

    async def _change_arm(
        self,
        unit: Unit,
        told: Told,
        policy: Policy,
        key: str,
        counted: Mapping[str, Any] | None,
        claim: Claim | None,
    ) -> None:
        credits_, now = Credits(unit), self._clock()
        standing = None
        if counted is not None and counted["policy"] == policy.name:
            standing = Credit.from_data(counted["credit"])
        if claim is not None:
            option = Option(claim.subject.role, claim.subject.option)
        elif standing is not None:
            option = standing.arm
        else:
            await credits_.drop(told.interaction.id, [key])
            return
        outcome = policy.credit(
            Evidence(
                option,
                self._learned.context(told.choice.context),
                None if claim is None else claim.reward,
                1.0 if claim is None else claim.weight,
            ),
            standing,
        )
        if outcome.problem:
            self._log.info(
                "credit_altered", interaction=str(told.interaction.id), problem=outcome.problem
            )
        if outcome.credit is None or claim is None:
            await credits_.drop(told.interaction.id, [key])
            return
        await credits_.put(
            told.interaction.id,
            key,
            {
                "policy": policy.name,
                "credit": outcome.credit.as_data(),
                "reward": claim.reward,
                "weight": claim.weight,
                "why": claim.why,
            },
            now,
        )

    async def locked(self, unit: Unit) -> Policy:
        """Return the policy for changing; its row stays locked until the transaction ends."""
        stored = await States(unit).lock(self._learned.policy_state)
        if stored is not None:
            return self._learned.open(stored.state)
        return await self._rebuilt(unit)

    async def _rebuilt(self, unit: Unit) -> Policy:
        """Return a policy that has learned what the ledger and the seeding hold.

        So a policy that is switched on later starts from everything people said before.
        """
        policy, credits_ = self._learned.open(None), Credits(unit)
        seeded = await States(unit).load(SEED_STATE)
        for evidence in seeds(seeded.state if seeded else None):
            policy.credit(evidence)
        history = await credits_.history(_ARM, _REBUILT_FROM)
        for row in history:
            policy.chosen()
            counted = Credit.from_data(row.detail["credit"])
            outcome = policy.credit(
                Evidence(
                    counted.arm,
                    self._learned.context(row.context),
                    row.detail["reward"],
                    row.detail["weight"],
                )
            )
            if outcome.credit is not None:
                detail = {
                    **row.detail,
                    "policy": policy.name,
                    "credit": outcome.credit.as_data(),
                }
                await credits_.put(row.interaction_id, row.subject, detail, self._clock())
        if history:
            self._log.info("policy_rebuilt", policy=policy.name, credits=len(history))
        return policy


def _is_arm(key: str) -> bool:
    return key.startswith(_ARM)
