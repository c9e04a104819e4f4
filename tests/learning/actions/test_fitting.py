from __future__ import annotations

from integrations.contracts.tools import Tool
from learning.actions.fitting import fitting


def test_of_many_tools_those_that_share_words_with_the_question_are_shown() -> None:
    many = [Tool(f"box.tool_{n}", f"Tool {n}", "Does things.", {}, "reads") for n in range(200)]
    weather = Tool("sky.forecast", "Weather forecast", "Tells the weather.", {}, "reads")
    issue = Tool("github.create_issue", "Open an issue", "Opens it.", {}, "writes")
    tools = [*many[:150], weather, *many[150:], issue]
    shown = fitting("Will the weather hold, and are there open issues?", tools, 3)
    assert shown == (many[0], weather, issue)
    assert fitting("anything", tools[:3], 3) == tuple(tools[:3])
