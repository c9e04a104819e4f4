"""Makes the pictures of docs/slack.md again: ``python -m tests.bot.slack_pictures``.

A whole Mynah in the stand-in for Slack; what its channel shows is drawn and photographed.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from playwright.async_api import async_playwright

from integrations.surfaces.slack.reading import ids
from learning.store.cipher import Cipher
from tests.bot.slack_place import open_place
from tests.database import Server
from tests.standins.model_server import model_server
from tests.standins.slack_page import channel_page, view_page

if TYPE_CHECKING:
    from tests.bot.slack_place import Place

FOLDER = Path(__file__).parents[2] / "docs" / "images"
QUESTION = "How do I retry a failed upload in Python, and how long should I wait?"
ANSWER = """Wait longer after each failure, up to a limit, and by a random part of it, so that \
not everybody comes back at once:

```python
for attempt in range(4):
    try:
        return upload(file)
    except ConnectionError:
        sleep(random() * min(30, 2**attempt))
raise UploadFailed(file)
```

| attempt | waits at most | waited so far |
|:--|--:|--:|
| 1 | 1 s | 1 s |
| 2 | 2 s | 3 s |
| 3 | 4 s | 7 s |

Retry only what may be done *twice*: give each upload a **key**, so that the server knows it.
"""


async def pages(place: Place) -> dict[str, str]:
    """The pages to photograph, by the name of the picture."""
    team, ada, general = place.team, place.ada, place.general
    drawn = {}
    answer = await place.ask(ada, general, f"{place.called} {QUESTION}")
    await team.react(place.bob, answer, "thumbsup")
    await place.work()
    place.hurry()  # what became of it is shown a little later
    await place.work()
    state = place.slack.state
    drawn["slack-answer"] = channel_page(state, general.thread(answer.thread_ts))

    await team.click(ada, answer, ids.FEEDBACK, "negative")
    await place.slack.until(lambda: team.modal(ada))
    drawn["slack-reason"] = view_page(team.modal(ada) or {})

    asked = await place.ask(ada, general, f"{place.called} Fix the login")
    drawn["slack-readings"] = channel_page(state, general.thread(asked.thread_ts))

    for said in (
        "I prefer short answers",
        "We deploy on Tuesdays",
        "I'm building a REST API in Python",
    ):
        await team.command(ada, general, f"/mynah remember {said}")
        await place.work()
    await team.open_home(ada)
    await place.slack.until(lambda: "Tuesdays" in str(team.home(ada)))
    drawn["slack-home"] = view_page(team.home(ada) or {})
    return drawn


async def main() -> None:
    """Draw, and photograph."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("Chromium is not installed: no program chromium on the PATH")
    async with AsyncExitStack() as stack:
        home = stack.enter_context(TemporaryDirectory())
        conninfo = stack.enter_context(stack.enter_context(Server(home)).clone())
        models = await stack.enter_async_context(model_server())
        models.say(ANSWER)
        place = await stack.enter_async_context(
            open_place(
                Path(home) / "home",
                conninfo,
                Cipher.new_key(),
                socket=True,
                role_lead="openai:lead",
                role_senior="openai:senior",
                OPENAI_BASE_URL=models.openai_url,
                OPENAI_API_KEY="sk-none",
            )
        )
        drawn = await pages(place)
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        sheet = await browser.new_page(viewport={"width": 700, "height": 100})
        for name, page in drawn.items():
            await sheet.set_content(page)
            await sheet.screenshot(path=FOLDER / f"{name}.png", full_page=True)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
