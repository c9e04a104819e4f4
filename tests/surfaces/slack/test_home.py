"""A person's tab, checked by what Slack takes."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from integrations.contracts.delivery import Target
from integrations.surfaces.slack.reading import ids
from integrations.surfaces.slack.speaking.posting import title_of
from integrations.surfaces.slack.views.home import MOST_ITEMS, Known, home, rewriting
from tests.standins.slack_blocks import checked_view

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MODEL = {
    "roles": [
        {
            "role": name,
            "display_name": name.title(),
            "model": "offline:extractive",
            "runs": 3,
            "ok_share": 0.5,
            "rated": 2,
            "mean_rating": 4.5,
            "total_cost_usd": 0.25,
        }
        for name in ("router", "math", "lead", "senior", "architect")
    ],
    "rules": [{"rule": "pin", "role": "lead", "audience": "workspace"}],
    "budgets": {"turn_usd": 0.5, "person_usd": None, "workspace_usd": 20, "spent_today_usd": 1.5},
    "trials": [
        {
            "kind": "variant",
            "role": "lead",
            "task_type": "code",
            "option": "concise",
            "weight": 2.5,
            "mean": 0.8,
        }
    ]
    * 30,
}
SNAPSHOTS = [{"version": n, "reason": "prune " * 40} for n in range(1, 30)]


def memories(count: int, text: str = "prefers TypeScript") -> dict[str, Any]:
    return {
        "memories": [
            {
                "id": str(UUID(int=n)),
                "kind": "preference",
                "text": f"{text} {n}",
                "origin": "stated",
                "confidence": 1.0,
                "last_seen": (NOW - timedelta(hours=n)).isoformat(),
            }
            for n in range(count)
        ],
        "likes": ["Short answers (0.90)."],
        "learning": True,
        "nudges": False,
    }


def checked(view: dict[str, Any]) -> dict[str, Any]:
    numbers = itertools.count()
    checked_view(view, lambda prefix: f"{prefix}{next(numbers)}")
    return view


def items(view: dict[str, Any]) -> list[str]:
    return [
        block["text"]["text"]
        for block in view["blocks"]
        if block.get("accessory", {}).get("action_id") == ids.ITEM
    ]


def test_an_empty_tab_says_how_it_is_filled() -> None:
    view = checked(home(Known()))
    assert "Nothing yet" in str(view)
    assert "Learn from me again" not in str(view)
    assert "For admins" not in str(view)


def test_what_is_more_than_a_page_is_paged_and_every_page_fits() -> None:
    known = Known(memories(2 * MOST_ITEMS + 1, "x" * 5_000), {}, MODEL, SNAPSHOTS)
    pages = [checked(home(known, page=n, notice="| a |\n|---|\n| b |")) for n in range(4)]
    assert [len(items(page)) for page in pages] == [MOST_ITEMS, MOST_ITEMS, 1, 1]
    assert [page["private_metadata"] for page in pages] == ["0", "1", "2", "2"]
    turns = [[word for word in ("Newer", "Older") if word in str(page)] for page in pages[:3]]
    assert turns == [["Older"], ["Newer", "Older"], ["Newer"]]


def test_what_was_seen_last_comes_first_and_pings_nobody() -> None:
    me = memories(2, "likes <!channel> & <@U1>")
    learning = {
        "id": str(UUID(int=9)),
        "kind": "correction",
        "question": "Who owns billing?",
        "answer": "Team Heron",
        "confidence": 0.7,
        "created_at": (NOW + timedelta(hours=1)).isoformat(),
    }
    view = checked(home(Known(me, {"learnings": [learning]})))
    first, second, _ = items(view)
    assert first.startswith("Who owns billing? → Team Heron\nYour correction")
    assert second.startswith("likes <!channel>")
    assert "mrkdwn" not in str(view)


def test_admins_see_roles_money_and_trials_and_decide_for_everybody() -> None:
    view = checked(home(Known(memories(1), {}, MODEL, SNAPSHOTS)))
    shown = str(view)
    assert "Lead is played by offline:extractive · pinned everywhere" in shown
    assert "Spent today: $1.50. Budgets: $0.50 a question, $20.00 a day for everybody." in shown
    assert "model ban senior everywhere" in shown
    assert "model restore 1'" in shown


def test_a_long_answer_is_not_put_into_the_dialog_cut() -> None:
    short = checked(rewriting(str(UUID(int=1)), "Team Heron"))
    assert short["blocks"][0]["element"]["initial_value"] == "Team Heron"
    assert "initial_value" not in str(checked(rewriting(str(UUID(int=1)), "x" * 3_001)))


def test_a_title_of_what_one_person_may_read_stays_in_their_direct_messages() -> None:
    def title(channel: str, *, private: bool) -> str:
        id_ = UUID(int=1)
        return title_of(
            Target("slack", "T1", channel, "1.2", "U1", id_, id_, private, "My  salary\n2026")
        )

    assert title("C1", private=True) == ""
    assert title("D1", private=True) == "My salary 2026"
    assert title("C1", private=False) == "My salary 2026"
