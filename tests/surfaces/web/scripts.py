"""What the host in memory says: answers for every state the page has to show."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass

from integrations.charts.heatmap import heat_map
from integrations.contracts.delivery import Button, Citation, Outcome, Picture
from integrations.contracts.host import CommandHelp, CommandReply
from learning.interpretation.contract import Reading, numbered
from learning.recollection import Place

COMMANDS = (
    CommandHelp("help", "help", "What you can ask for"),
    CommandHelp("learnings", "learnings [list|show ID]", "What was learned from you"),
    CommandHelp("why", "why ID", "Why an answer came out as it did"),
    CommandHelp("forget", "forget ID", "Delete an answer and what was learned from it"),
    CommandHelp("export", "export", "Everything kept about you, as one file"),
    CommandHelp("off", "off", "Stop learning from me"),
)

LESSONS = {
    "👍": "you like answers that cite the file and show the code.",
    "👎": "this answer missed the point; another expert goes first next time.",
    "🎉": "this solved the problem.",
}

LEARNINGS = """**3 learnings** from the last 30 days

| id | what | confidence |
|---|---|---|
| `a41` | You prefer short answers with code first | 0.82 |
| `b07` | Maths goes to the math expert | 0.74 |
| `c13` | “The gateway” means `services/edge` | 0.66 |
"""

WHY = """The **lead** answered because it was right in 9 of the last 11 questions about code.

1. 3 passages were recalled from `docs/retries.md` and `retry/policy.py`.
2. You prefer code first, so the *concise* prompt was used.
"""

ANSWER = """Retries live in one place, `RetryPolicy`, and every outgoing call goes through it [1]. \
The delay doubles with each attempt and is spread by *full jitter*, so that clients which failed \
together do not come back together [2].

```python
class RetryPolicy:
    # At most five attempts; the delay is random up to a doubling ceiling.
    def delay(self, attempt: int, rng: Random) -> float:
        ceiling = min(self.cap, self.base * 2**attempt)
        return rng.uniform(0.0, ceiling)
```

| failure | retried | why |
|---|---|---|
| timeout, 502, 503 | yes | the server may recover |
| 429 | after `Retry-After` | it says when |
| 400, 401 | no | the request itself is wrong |

It was chosen over a fixed delay after the outage in May [1, 3].
"""

CITATIONS = (
    Citation(
        1,
        "docs/retries.md:12-19",
        "All outgoing calls go through RetryPolicy. Do not sleep in a loop of your own: "
        "the policy also counts against the caller's deadline.",
        Place("docs/retries.md", 12, 19, "Operations › Retries"),
    ),
    Citation(
        2,
        "retry/policy.py:31-44",
        "def delay(self, attempt, rng):\n    ceiling = min(self.cap, self.base * 2**attempt)\n"
        "    return rng.uniform(0.0, ceiling)",
        Place("retry/policy.py", 31, 44, "RetryPolicy.delay"),
    ),
    Citation(
        3,
        "your answer of 3 May",
        "The fixed delay made all workers come back in the same second.",
    ),
)

ATTACK = """<script>window.pwned = 1</script><img src=x onerror="window.pwned = 2">

<svg onload="window.pwned = 3"></svg> [click](javascript:window.pwned=4) \
[data](data:text/html,<script>window.pwned=5</script>) ![pixel](https://tracker.invalid/p.png)

`<b onmouseover="window.pwned = 6">` <iframe src="https://evil.invalid"></iframe> \
[good](https://example.invalid/page) {{ constructor.constructor('window.pwned = 7')() }}

```html"><img src=x onerror="window.pwned=8">
<script>window.pwned = 9</script>
```
"""

READINGS = (
    Reading("h1", "build a REST API with FastAPI", 0.75),
    Reading("h2", "build a <GraphQL> API & its schema", 0.68),
    Reading("h3", "design the API of a library, so that others can build upon it easily", 0.6),
)

BUTTONS = (
    Button("Do it", "action accept 3f2a", "primary"),
    Button("Change", "action change 3f2a", asks="What it is given", filled="title: <b>\nn: 2"),
    Button("No", "action reject 3f2a", "danger"),
)
DOT = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def told(name: str) -> CommandReply:
    """What a command says of somebody; ``progress`` draws a week as Mynah does."""
    if name != "progress":
        return CommandReply(LEARNINGS if name == "learnings" else WHY)
    png = heat_map([0.5] * 168, title="Your week", zone="UTC", peaks=(58,))
    return CommandReply("**writing**: once.", pictures=(Picture("week.png", png, "Heat map"),))


def acted(said: str) -> CommandReply:
    """What comes of a press."""
    does, _, rest = said.partition(" ")
    if does == "accept":
        again = (Button("Undo", "action undo 3f2a"),)
        return CommandReply(
            "Opened **#12**.", buttons=again, pictures=(Picture("a.png", DOT, "A dot"),)
        )
    if does == "change":
        return CommandReply(f"Changed: `{' | '.join(rest.splitlines())}`")
    return CommandReply(f"You may not {does} that.", ok=False)


@dataclass(frozen=True, slots=True)
class Script:
    text: str
    citations: tuple[Citation, ...] = ()
    outcome: Outcome = Outcome.ANSWERED
    role: str = "lead"
    model: str = "ollama:deepseek-coder"
    held: bool = False
    readings: tuple[Reading, ...] = ()
    read_as: str = ""
    buttons: tuple[Button, ...] = ()


SCRIPTS = {
    "slow": Script("Working through the first part of a long answer", held=True),
    "decline": Script(
        "I found nothing about that. Add the documents it is in, or connect a model.",
        outcome=Outcome.DECLINED,
        role="lead",
        model="offline:extractive",
    ),
    "build": Script(
        numbered(READINGS), outcome=Outcome.ASKED, role="", model="", readings=READINGS
    ),
    "open": Script(
        "I would open an issue.", outcome=Outcome.ACTED, role="", model="", buttons=BUTTONS
    ),
    "deploy": Script(ANSWER, CITATIONS, readings=READINGS, read_as="h1"),
}
"""What a question gets by its first word, if it is not a whole reading."""


def script_for(question: str, *, again: bool) -> Script:
    word = question.split(maxsplit=1)[0].lower().rstrip(":,.!?")
    if word == "fail" and not again:
        return Script(
            "No expert could answer: the model server at 127.0.0.1:11434 does not respond. "
            "Start it, or map the role to another model.",
            outcome=Outcome.FAILED,
            role="",
            model="",
        )
    if word in SCRIPTS and question not in {reading.text for reading in READINGS}:
        return SCRIPTS[word]
    if "<" in question:
        return Script(ATTACK, CITATIONS[:1])
    if "x^2" in question:
        return Script(
            "The solutions are **x = 2** and **x = 3**, because `x² − 5x + 6 = (x − 2)(x − 3)`.",
            role="math",
            model="offline:sympy",
            outcome=Outcome.FELL_BACK,
        )
    return Script(ANSWER, CITATIONS)
