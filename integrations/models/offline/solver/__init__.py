"""The maths expert's own mathematics: from a sentence to a problem, and to its solution.

``wording``, ``grammar``, ``recognise`` and ``stories`` are plain Python and run
anywhere. ``expressions`` and the solving modules import SymPy and run in the
worker process only.
"""
