"""Calendars: when somebody is busy, read from iCalendar by address or from a file."""
