"""Pages for everybody: sign-up, archive, comparisons, feeds; and the links of a mailed issue.

Comes in: HTTP requests. Goes out: pages, feeds, redirects. Handlers are thin: what they decide and
what they query lives in the rooms below.
"""
