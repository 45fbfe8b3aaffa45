"""Clicks and opens: stored before they are answered, classified as people or machines later.

Comes in: requests for links and the pixel. Goes out: hits in the store, each labelled by a stated
rule.
"""
