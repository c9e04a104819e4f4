"""Files that we give to a person: what they take along, and answers that fill no message.

Decides that they go to the person alone, into their direct messages. Refuses to know what is
in them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from integrations.surfaces.slack.speaking.posting import Line

PATIENCE_S: Final = 30.0


async def hand_over(line: Line, user_id: str, name: str, content: str | bytes, words: str) -> None:
    """Send a person a file that nobody else sees.

    Args:
        line: the way to the workspace.
        user_id: who gets it.
        name: of the file.
        content: what it holds.
        words: what is said with it; with a picture, what is to be seen.

    Raises:
        DeliveryFailure: if it cannot be sent, or nobody knows whether it was.
    """
    await line.send(
        "files.completeUploadExternal",
        "",
        lambda client: client.files_upload_v2(
            content=content,
            filename=name,
            title=name,
            alt_txt=words if isinstance(content, bytes) else None,
            channels=[user_id],
            initial_comment=words,
        ),
        patience_s=PATIENCE_S,
    )


def as_json(data: Mapping[str, Any]) -> str:
    """Return what is kept of a person as one JSON object; times and ids as text."""
    return json.dumps(data, ensure_ascii=False, indent=2, default=str)
