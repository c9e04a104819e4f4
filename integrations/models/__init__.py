"""The model adapters: language models behind the model port, and which role they play.

Importing this package is cheap; the SDKs are loaded when the first language
model is built.
"""
