"""
The command line: a demonstration, and a look into a store from outside.

It holds no rule of the business and reads a store as any other program could. Colors and tables
come with the extra ``cli``; without it, or in a pipe, the same words are printed plainly.
"""

from ordercore.cli._main import main

__all__ = ["main"]
