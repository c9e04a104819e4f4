"""Tools: what Mynah can do beside answering, each a pydantic-ai toolset behind one port."""
