"""What an offline expert answers to greetings and to questions about itself."""

from __future__ import annotations

import re
from typing import Final

HOW_TO_CONNECT: Final = (
    "To connect a language model, run Ollama on this machine, or set `OPENAI_API_KEY` or "
    "`ANTHROPIC_API_KEY`; `MYNAH_ROLE_{variable}=provider:model` picks one for this role."
)
HOW_TO_ADD: Final = "To teach me more, ingest documents or a repository: `mynah ingest PATH`."


def small_talk(text: str, role_name: str) -> str | None:
    """Return a short true answer, or ``None`` if the message is about something else."""
    said = " ".join(re.sub(r"[^\w\s']", " ", text.lower().replace("’", "'")).split())
    said = re.sub(r"\b(?:there|mynah|everyone|all|please|a lot|very much|so much)\b", " ", said)
    said = " ".join(said.split())
    if _GREETING.fullmatch(said):
        return "Hello! Ask me something, or say *help* to see what I can do."
    if _THANKS.fullmatch(said):
        return "You're welcome. A 👍 on a good answer helps me to find it again."
    if _ABOUT.fullmatch(said):
        return about(role_name)
    return None


def noted(text: str) -> str | None:
    """Return an acknowledgement if the message tells something instead of asking."""
    return _NOTED if _TOLD.match(text) and "?" not in text else None


_NOTED: Final = "Noted. Ask me about it whenever you like."
_TOLD: Final = re.compile(
    r"\s*(?:(?:please )?(?:remember|note|keep in mind)\b(?: that)?|fyi\b|for the record\b"
    r"|(?:my|our|we|i|i'm|i’m|the|this|that)\s+(?:\w+\s+){0,4}?"
    r"(?:is|are|was|were|am|has|have|had|like|likes|love|hate|prefer|prefers|use|uses|work|live|"
    r"moved|called|starts|ends|deploys?)\b)",
    re.IGNORECASE,
)


def about(role_name: str) -> str:
    """Return what the expert is and can do, in Markdown."""
    return (
        "I'm **Mynah**. No language model is connected to this role, "
        f"so its built-in offline expert answers (role *{role_name}*):\n\n"
        "- I find places and passages in the documents and repositories I was given, "
        "quote them, and name the file and lines.\n"
        "- I give back answers that people rated well or corrected.\n"
        "- Sums, equations and other mathematics go to the maths expert, which computes exactly.\n"
        "- When I don't know, I say so. React 👍 or 👎 or correct me, and I learn from it.\n\n"
        f"{HOW_TO_ADD} {connect(role_name)}"
    )


def connect(role_name: str) -> str:
    """Return the sentence that says how to connect a model to a role."""
    return HOW_TO_CONNECT.format(variable=role_name.upper())


_GREETING = re.compile(
    r"(?:hi|hello|hey|yo|hiya|good (?:morning|afternoon|evening|day)|hallo|guten (?:tag|morgen)"
    r"|moin|servus|bonjour|salut|hola|buenos días|buenas|ciao|olá|ping|test)(?: (?:hi|hello|hey))?"
)
_THANKS = re.compile(
    r"(?:ok |great |perfect |cool |many )?(?:thanks|thank you|thx|ty|cheers|danke(?: schön)?|"
    r"vielen dank|merci(?: beaucoup)?|gracias|grazie|obrigad[oa])"
    r"(?: (?:that helped|that works|for your help|for the help|again))?"
)
_ABOUT = re.compile(
    r"(?:help|help me|info|commands|usage"
    r"|(?:so |and |hi |hello )?(?:what|how) (?:can|could|do) you (?:do|help|know|help me)"
    r"(?: for me| me| with)?"
    r"|who are you|what are you|what is this|what's this|how do you work|how does this work"
    r"|(?:introduce|tell me about) yourself|are you (?:a bot|an ai|human|a human|real)"
    r"|was kannst du|wer bist du|que peux tu faire|qui es tu|qué puedes hacer|quién eres|hilfe|aide"
    r"|ayuda)"
)
