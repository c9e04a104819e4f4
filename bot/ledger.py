"""The ledger: what of everything said about a choice is counted now.

Sequence only. For each interaction the ledger holds what was added to the policy and to the
tallies; ``settle`` brings it to what should be counted, adding and taking back the
difference. What it holds was counted by one policy at a time, in the state that is stored.

Rows are locked in one order by everybody who changes what was learned: the health of models by
name, the policy, interactions, tallies of people in the order of their subjects, then
everybody's. Whoever has the policy's row therefore changes alone, and two processes neither
lose an update nor wait for each other forever.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import structlog

from bot.rewind import PAST, put_back
from learning.routing.claims import Change, Claim, Subject
from learning.routing.contract import Context, Credit, Evidence, Option
from learning.routing.registry import POLICIES, UnreadableState, open_policy
from learning.routing.slots import Tally, voice
from learning.seeding.results import SEED_STATE, seeds
from learning.store.arms import Arms
from learning.store.credits import Credits
from learning.store.interactions import Interactions
from learning.store.states import States

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
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


@dataclass(slots=True)
class Counting:
    """What one transaction changes.

    Attributes:
        policy: locked, for changing.
        version: that its state gets if it is changed.
        snapshots: versions that were put aside.
        changed: whether it is to be saved.
    """

    policy: Policy
    version: int
    snapshots: Sequence[int]
    changed: bool = False

    def put_aside(self, since: int) -> bool:
        """Return whether what was counted since a version is in any snapshot."""
        return any(since <= version for version in self.snapshots)


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

    @asynccontextmanager
    async def counting(self, unit: Unit) -> AsyncIterator[Counting]:
        """Lock the policy until the transaction ends, and save it after the block if it changed."""
        states, name = States(unit), self._learned.policy_state
        policy, version, rebuilt = await self._locked(unit)
        snapshots = [kept.version for kept in await states.snapshots(name)]
        # What was rebuilt is in the ledger already: unsaved, it would be built again and again.
        counting = Counting(policy, version, snapshots, changed=rebuilt)
        yield counting
        if not counting.changed:
            return
        now = self._clock()
        version = await states.save(name, policy.dump(), now)
        if version % _SNAPSHOT_EVERY == 0:
            await states.snapshot(name, f"after {version} changes", now)

    async def open(
        self, unit: Unit, interaction_id: UUID, *, lock: bool = True, known: Told | None = None
    ) -> Told | None:
        """Return a finished interaction; nothing if nobody was chosen for it.

        Args:
            unit: an open transaction.
            interaction_id: which.
            lock: hold it until the transaction ends; the policy must have been locked before.
            known: from opening it before: what was chosen for a turn that is over, and tried,
                stays as it is.
        """
        interactions = Interactions(unit)
        interaction = await interactions.find(interaction_id, lock=lock)
        if interaction is None or interaction.status != "done":
            return None
        if known is not None:
            return replace(known, interaction=interaction)
        choice = await interactions.choice_of(interaction_id)
        if choice is None:  # a person's correction
            return None
        return Told(interaction, choice, await interactions.runs_of(interaction_id))

    async def restore(self, unit: Unit, version: int) -> int:
        """Go back to a state of the policy that was put aside; return its version from now on.

        What was credited since then is no longer counted, and what was taken back since then
        stays taken back: the ledger holds what the state holds.

        Raises:
            LookupError: if there is no such snapshot; the message says which there are.
        """
        states, name = States(unit), self._learned.policy_state
        restored = await states.restore(name, version, self._clock())
        stored = await states.load(name)
        if stored is None or not self._readable(stored.state):
            return restored  # whoever changes it next starts from the ledger
        policy = self._learned.open(stored.state)

        async def context(interaction_id: UUID, embedder: str) -> Context | None:
            choice = await Interactions(unit).choice_of(interaction_id)
            return None if choice is None else self._context(choice.context, embedder)

        taken = await put_back(
            Credits(unit), policy, (_ARM, TURN), (version, restored), context, self._clock()
        )
        if taken:
            return await states.save(name, policy.dump(), self._clock())
        return restored

    async def drop_snapshots(self, unit: Unit) -> None:
        """Delete what was put aside of the policy: somebody forgotten still has a part in it."""
        await States(unit).drop_snapshots(self._learned.policy_state)
        await Credits(unit).without(TURN, PAST)

    async def take_back(self, unit: Unit, interaction_ids: Sequence[UUID]) -> None:
        """Take back what was counted for interactions that are about to be deleted.

        Snapshots that hold any of it are dropped: nothing could be taken back from them later.
        """
        held = False
        async with self.counting(unit) as counting:
            for id_ in sorted(interaction_ids):
                told = await self.open(unit, id_)
                if told is None:
                    continue
                counted = await Credits(unit).of(id_)
                held = (
                    held
                    or PAST in counted.get(TURN, {})
                    or any(
                        _is_arm(key) and counting.put_aside(entry.get("at", 0))
                        for key, entry in counted.items()
                    )
                )
                await self.settle(unit, counting, told, counted, {})
        if held:
            await self.drop_snapshots(unit)

    async def settle(
        self,
        unit: Unit,
        counting: Counting,
        told: Told,
        ledger: Mapping[str, Any],
        found: Mapping[str, Claim],
    ) -> None:
        """Add and take back what differs between what is counted and what should be.

        Args:
            unit: an open transaction; locks are held until it ends.
            counting: the policy, locked.
            told: what it is about.
            ledger: what is counted, by subject.
            found: what should be, by subject.
        """
        settings = {key: claim for key, claim in found.items() if not _is_arm(key)}
        counted = {key for key in ledger if key != TURN and not _is_arm(key)}
        arms = {key: claim for key, claim in found.items() if _is_arm(key)}
        known = {key: ledger[key] for key in ledger if _is_arm(key)}
        # People have spoken since: what a restoration put aside is not to come back as it was.
        past = [{**each, "aside": False} for each in ledger.get(TURN, {}).get(PAST, ())]
        for key in sorted({*arms, *known}):
            gone = await self._change_arm(unit, told, counting, key, known.get(key), arms.get(key))
            if gone is not None and counting.put_aside(gone.get("at", 0)):
                past.append({**gone, "subject": key, "until": counting.version, "aside": False})
        if past:
            kept = [each for each in past if counting.put_aside(each.get("at", 0))]
            detail = {PAST: kept} if kept else {}
            await Credits(unit).put(told.interaction.id, TURN, detail, self._clock())
        await self._change_tallies(
            unit,
            told,
            {key: (ledger.get(key), settings.get(key)) for key in sorted({*settings, *counted})},
        )

    async def locked(self, unit: Unit) -> Policy:
        """Return the policy for changing; its row stays locked until the transaction ends."""
        policy, _, _ = await self._locked(unit)
        return policy

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
        for (kind, role, task_type, option), change in sorted(heard.items(), key=itemgetter(0)):
            await arms.add(kind, role, task_type, option, "", change, now)

    async def _change_arm(
        self,
        unit: Unit,
        told: Told,
        counting: Counting,
        key: str,
        counted: Mapping[str, Any] | None,
        claim: Claim | None,
    ) -> Mapping[str, Any] | None:
        """Count one arm anew; return the entry that is no longer counted, if one is not."""
        credits_, policy = Credits(unit), counting.policy
        standing = None
        if counted is not None and counted["policy"] == policy.name:
            standing = Credit.from_data(counted["credit"])
        if claim is not None:
            option = Option(claim.subject.role, claim.subject.option)
        elif standing is not None:
            option = standing.arm
        else:
            await credits_.drop(told.interaction.id, [key])
            return None
        now = then = self._context(told.choice.context, self._learned.embedder)
        if counted is not None:
            then = self._context(told.choice.context, counted.get("embedder", ""))
        reward = None if claim is None else claim.reward
        weight = 1.0 if claim is None else claim.weight
        before = standing
        if standing and then != now and (standing.reward, standing.weight) != (reward, weight):
            # What was added in one form must not be subtracted in another.
            before = policy.credit(Evidence(option, then, None), standing).credit
            counting.changed = True
        outcome = policy.credit(Evidence(option, now, reward, weight), before)
        if outcome.problem:
            self._log.info(
                "credit_altered", interaction=str(told.interaction.id), problem=outcome.problem
            )
        counting.changed = counting.changed or outcome.changed
        if outcome.credit is None or claim is None:
            await credits_.drop(told.interaction.id, [key])
        elif outcome.credit != standing:
            detail = self._entry(policy, counting.version, outcome.credit)
            detail |= {"reward": claim.reward, "weight": claim.weight, "why": claim.why}
            await credits_.put(told.interaction.id, key, detail, self._clock())
        return counted if standing is not None and outcome.credit != standing else None

    def _entry(self, policy: Policy, version: int, credit: Credit) -> dict[str, Any]:
        return {
            "policy": policy.name,
            "embedder": self._learned.embedder,
            "at": version,
            "credit": credit.as_data(),
        }

    def _context(self, saved: Mapping[str, Any], embedder: str) -> Context:
        """Return a context as it was saved, and as it counts while an embedder is in use."""
        known = Context.from_data(saved)
        if saved.get("embedder", embedder) == embedder:
            return known
        return replace(known, topics=(), reduced=())

    async def _locked(self, unit: Unit) -> tuple[Policy, int, bool]:
        """Return the policy, its next version, and whether it was made from the ledger anew."""
        stored = await States(unit).lock(self._learned.policy_state)
        version = stored.version + 1 if stored else 0
        if stored is not None and self._readable(stored.state):
            return self._learned.open(stored.state), version, False
        policy, found = await self._rebuilt(unit, version)
        return policy, version, found

    def _readable(self, state: bytes) -> bool:
        try:
            open_policy(self._learned.policy_name, {}, None, state)
        except UnreadableState as problem:
            self._log.warning(
                "policy_unreadable", policy=self._learned.policy_name, problem=str(problem)
            )
            return False
        return True

    async def _rebuilt(self, unit: Unit, version: int) -> tuple[Policy, bool]:
        """Return a policy that has learned what the ledger and the seeding hold, if anything.

        So a policy that is switched on later starts from everything people said before. The
        ledger is this policy's from then on: those of others, which can no longer be taken back
        from, are deleted, and so is what was put aside.
        """
        policy, credits_, states = self._learned.open(None), Credits(unit), States(unit)
        others = [f"policy:{name}" for name in POLICIES if name != policy.name]
        for name in sorted(await states.versions(others)):
            await states.delete(name)
        await self.drop_snapshots(unit)
        await credits_.mark(_ARM, "policy", "")
        seeded = await states.load(SEED_STATE)
        shown = seeds(seeded.state if seeded else None)
        for evidence in shown:
            # Whose topics these were is not kept beside them.
            context = replace(evidence.context, topics=(), reduced=())
            policy.credit(replace(evidence, context=context))
        history = await credits_.history(_ARM, _REBUILT_FROM)
        cut = len(history) == _REBUILT_FROM
        oldest = min(row.interaction_id for row in history) if cut else None
        policy.chosen(await credits_.count(TURN, oldest))
        for row in history:
            counted = Credit.from_data(row.detail["credit"])
            outcome = policy.credit(
                Evidence(
                    counted.arm,
                    self._context(row.context, self._learned.embedder),
                    row.detail["reward"],
                    row.detail["weight"],
                )
            )
            if outcome.credit is not None:
                detail = {**row.detail, **self._entry(policy, version, outcome.credit)}
                await credits_.put(row.interaction_id, row.subject, detail, self._clock())
        if history:
            self._log.info("policy_rebuilt", policy=policy.name, credits=len(history))
        return policy, bool(history or shown)


def _is_arm(key: str) -> bool:
    return key.startswith(_ARM)
