"""Runs a world with learning and without it, and says what it made of it.

The last line is one JSON object. ``api``: tools with hidden rules that change.
"""

from __future__ import annotations

import argparse
import json
from statistics import fmean
from typing import TYPE_CHECKING, Any

from tests.benchmarks.journey import world_api

if TYPE_CHECKING:
    from collections.abc import Sequence


def api(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the mean over the seeds, and the worst of each bar."""
    seeds = range(arguments.seed, arguments.seed + arguments.seeds)
    result: dict[str, Any] = {"set": "api", "calls": arguments.calls, "kinds": arguments.kinds,
                              "seeds": arguments.seeds}  # fmt: skip
    for name in ("policies", "outside", "lifted"):
        runs = []
        for seed in seeds:
            run = world_api.measure(seed, arguments.calls, arguments.kinds, name)
            runs.append(run)
            mynah, off = run["mynah"], run["learning_off"]
            print(
                f"{name} seed {seed}: "
                f"first try {off['first_try']:.0%} → {mynah['first_try']:.0%}, "
                f"after five {off['first_try_after_five']:.0%} → "
                f"{mynah['first_try_after_five']:.1%} "
                f"({mynah['first_try_after_five_of_rules_met']:.1%} where all rules were met), "
                f"recovered {mynah['recovered_of_seen']:.0%} of {mynah['errors_seen_before']}, "
                f"wrong {mynah['wrong_of_look_alikes']} of {mynah['look_alikes']} look-alikes, "
                f"not as wanted {mynah['not_as_wanted']}, p95 {mynah['prepared_p95_ms']} ms"
            )
        result[name] = {policy: _mean([run[policy] for run in runs]) for policy in runs[0]}
        result[name]["mynah"]["worst"] = {
            "first_try_after_five": min(run["mynah"]["first_try_after_five"] for run in runs),
            "recovered_of_seen": min(run["mynah"]["recovered_of_seen"] or 0 for run in runs),
            "wrong_of_look_alikes": max(run["mynah"]["wrong_of_look_alikes"] or 0 for run in runs),
        }
    return result


def _mean(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    found = {}
    for name in runs[0]:
        values = [run[name] for run in runs if run[name] is not None]
        found[name] = round(fmean(values), 4) if values else None
    return found


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--world", choices=["api"], default="api")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--kinds", type=int, default=12)
    arguments = parser.parse_args()
    print(json.dumps(api(arguments)))


if __name__ == "__main__":
    main()
