"""What the command line does for a workspace that is not this machine's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.console import UnknownWorkspace, ask, command, in_words, ingest, stats
from integrations.contracts.delivery import Button, Picture
from integrations.contracts.host import CommandReply
from tests.bot.support import settings_of

if TYPE_CHECKING:
    from pathlib import Path

    from learning.store.store import Store


async def test_a_team_is_told_what_was_read_for_it_and_this_machine_is_not(
    store: Store, database: str, encryption_key: str, workspace: str, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path / "home", database, encryption_key)
    (tmp_path / "pond.md").write_text("# Pond\n\nThe heron Zebulon guards the pond at night.\n")
    async with store.begin(workspace):
        pass  # somebody there spoke to Mynah
    report = await ingest(
        settings, str(tmp_path), "you", private=False, console=None, workspace=workspace
    )
    assert report["read"] == 1
    answer = await ask(
        settings, "Who guards the pond?", "you", None, None, None, workspace=workspace
    )
    assert "Zebulon" in answer["answer"]
    theirs = await command(settings, "sources", "you", None, workspace)
    assert [source["location"] for source in theirs.data["sources"]] == [str(tmp_path)]
    ours = await command(settings, "sources", "you", None)
    assert str(tmp_path) not in str(ours.data)
    assert set((await stats(settings, workspace)).data["workspaces"]) == {workspace}
    with pytest.raises(UnknownWorkspace, match=workspace):
        await command(settings, "sources", "you", None, "nowhere")
    assert "nowhere" not in await store.workspace_ids()


def test_a_terminal_shows_pictures_and_buttons_as_lines() -> None:
    shown = (
        Button("Do it", "action accept 3f2a"),
        Button("Change", "action change 3f2a", asks="?"),
    )
    reply = CommandReply("Here.", buttons=shown, pictures=(Picture("a.png", b"", "Two bars"),))
    assert in_words(reply).text == (
        "Here.\n\n- a.png: Two bars\n- Do it: `mynah action accept 3f2a`\n"
        "- Change: `mynah action change 3f2a …`"
    )
    assert in_words(CommandReply("Done.")).text == "Done."
