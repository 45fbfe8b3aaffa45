"""Words an issue, and checks its words against its facts.

Comes in: an issue's row and the pages of its picks, as they are now and as they were at approval.
Goes out: the words to propose, what an editor wrote instead, what changed on a page since, and the
claims that the gate checks.
"""
