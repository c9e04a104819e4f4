"""When people do what: their weeks, what recurs in them, and when to speak of it."""
