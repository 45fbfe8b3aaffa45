"""What an issue may say of its comparisons, as data: a name, when it holds, its words, its reason.

Comes in: facts of an issue. Goes out: the statements that hold, ranked by how surprising they are.
"""
