"""The built-in experts, which answer without any language model.

Importing this package is cheap: SymPy lives in a process of its own.
"""
