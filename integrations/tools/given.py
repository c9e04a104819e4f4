"""What functions of ours give back when they are tools."""

from typing import Annotated, Any

from pydantic import GetPydanticSchema

from integrations.contracts.tools import ToolResult

Given = Annotated[ToolResult, GetPydanticSchema(lambda _, make: make(Any))]
"""A ``ToolResult`` that pydantic-ai does not try to describe to models: ``Boxed`` reads it."""
