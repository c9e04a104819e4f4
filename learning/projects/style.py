"""What the code of an answer that somebody accepted says of how they like code.

Decides which habits of code are worth remembering of a person, and how they are told. Refuses
to know whether and how often an answer was accepted: that is what preferences are found by.
"""

from __future__ import annotations

import re
from typing import Final

from learning.memory.traits import Trait
from learning.projects.conventions import conventions, observe

_FENCE: Final = re.compile(
    r"^(`{3,}|~{3,})[ \t]*([\w+#-]*)[^\n]*\n(.*?)^\1", re.MULTILINE | re.DOTALL
)
_LANGUAGES: Final = {
    "py": "python",
    "python3": "python",
    "js": "javascript",
    "jsx": "javascript",
    "ts": "typescript",
    "tsx": "typescript",
    "rb": "ruby",
    "rs": "rust",
    "golang": "go",
}
_NAMES: Final = {
    "python": "Python",
    "javascript": "JavaScript",
    "typescript": "TypeScript",
    "ruby": "Ruby",
    "rust": "Rust",
    "go": "Go",
    "java": "Java",
    "php": "PHP",
}
_TOLD: Final = {
    "quotes": "{value} in {language}",
    "indentation": "{language} indented with {value}",
    "type hints": "{language} with {value}",
    "semicolons": "{language} with {value}",
    "docstrings": "{value} in {language}",
    "string formatting": "{value} in {language}",
    "function names": "{value} function names in {language}",
}


def style(answer: str) -> tuple[Trait, ...]:
    """Return how the code in an answer is written, a trait for each habit that shows."""
    found: dict[Trait, None] = {}
    for match in _FENCE.finditer(answer):
        language = _LANGUAGES.get(match[2].lower(), match[2].lower())
        if language not in _NAMES:
            continue
        for each in conventions(observe(language, match[3]), 1):
            told = _TOLD.get(each.aspect)
            if told is None:
                continue
            value = told.format(value=each.value, language=_NAMES[language])
            slot = f"{language}_{each.aspect.replace(' ', '_')}"
            found[Trait(slot, value.replace("with no ", "without "))] = None
    return tuple(found)
