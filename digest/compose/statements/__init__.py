"""Defines what an issue may say of its comparisons: name, condition, words, reason.

Comes in: facts of an issue. Goes out: the statements that hold, ranked by how surprising they are.
"""
