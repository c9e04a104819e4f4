"""Turns files, folders, git checkouts and web pages into passages that can be cited.

Decides what is worth reading and where a document may be cut. Refuses to know
where passages are kept, how they are embedded, or who asked for them.
"""
