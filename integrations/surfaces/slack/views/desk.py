"""The admins' part of a tab in Slack: who answers, what it costs, what is on trial.

Decides what of the figures is shown and what can be changed there. Refuses to know how they
come about, and who is an admin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from integrations.surfaces.slack.reading import ids
from integrations.surfaces.slack.views.elements import LABEL, confirm, cut, header, plain, section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Data = Mapping[str, Any]

_MOST_TRIALS: Final = 10
_MOST_SNAPSHOTS: Final = 20

Block = dict[str, Any]


def desk(model: Data, snapshots: Sequence[Data]) -> list[Block]:
    """Return the blocks for admins.

    Args:
        model: the data of the command ``model``.
        snapshots: those of ``model snapshots``.
    """
    everywhere = {
        rule["role"]: rule["rule"]
        for rule in model.get("rules", ())
        if rule["audience"] == "workspace"
    }
    roles = [_role(role, everywhere.get(role["role"], "")) for role in model.get("roles", ())]
    trials = "\n".join(_trial(trial) for trial in model.get("trials", ())[:_MOST_TRIALS])
    kept = [_restore(snapshots)] if snapshots else []
    return [
        {"type": "divider"},
        header("For admins"),
        *roles,
        section(_money(model.get("budgets", {}))),
        section(f"On trial: {trials}" if trials else "Nothing is on trial yet."),
        *kept,
    ]


def _role(role: Data, rule: str) -> Block:
    name = role["role"]
    figures = [f"asked {role['runs']}×"]
    if role.get("ok_share") is not None:
        figures.append(f"{role['ok_share']:.0%} answered")
    if role.get("mean_rating") is not None:
        figures.append(f"rated {role['mean_rating']:.1f} of 5 ({role['rated']})")
    if role.get("total_cost_usd"):
        figures.append(f"${role['total_cost_usd']:.2f}")
    ruled = {"pin": " · pinned everywhere", "ban": " · banned everywhere"}.get(rule, "")
    return {
        **section(
            f"{role['display_name']} is played by {role['model']}{ruled}\n{', '.join(figures)}"
        ),
        "accessory": {
            "type": "static_select",
            "action_id": f"{ids.RUN}_rule_{name}",
            "placeholder": plain("Everywhere…"),
            "options": [
                {"text": plain(label), "value": f"model {does} {name} everywhere"}
                for does, label in (
                    ("pin", "Always ask"),
                    ("ban", "Never ask"),
                    ("free", "Whoever is best"),
                )
            ],
        },
    }


def _money(budgets: Data) -> str:
    spent = f"Spent today: ${budgets.get('spent_today_usd', 0):.2f}"
    limits = [
        f"${budgets[name]:.2f} {what}"
        for name, what in (
            ("turn_usd", "a question"),
            ("person_usd", "a person a day"),
            ("workspace_usd", "a day for everybody"),
        )
        if budgets.get(name) is not None
    ]
    return f"{spent}. Budgets: {', '.join(limits) or 'none'}."


def _trial(trial: Data) -> str:
    where = f"{trial['role']}, {trial['task_type']}"
    return (
        f"\n{trial['kind']} {trial['option']} ({where}): {trial['mean']:.0%} liked, "
        f"from feedback that weighs {trial['weight']:.1f}"
    )


def _restore(snapshots: Sequence[Data]) -> Block:
    return {
        **section("What was learned about who answers best can go back to an earlier state."),
        "accessory": {
            "type": "static_select",
            "action_id": f"{ids.RUN}_restore",
            "placeholder": plain("Go back to…"),
            "confirm": confirm(
                "Go back?",
                "Routing becomes as it was then. What was learned since is put by.",
                "Go back",
            ),
            "options": [
                {
                    "text": plain(cut(f"{s['version']}: {s['reason']}", LABEL)),
                    "value": f"model restore {s['version']}",
                }
                for s in snapshots[:_MOST_SNAPSHOTS]
            ],
        },
    }
