"""Clicks and opens: stored before they are answered, later classified as human or machine.

Comes in: requests for links and the pixel. Goes out: hits in the store, each labelled by a stated
rule.
"""
