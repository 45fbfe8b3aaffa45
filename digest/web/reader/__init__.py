"""Pages for one reader, opened by a link with a token: confirm, preferences, vote, unsubscribe.

Comes in: HTTP requests with a token in the path. Goes out: pages that no cache keeps. GET only
shows, POST changes (invariant 5, docs/invariants.md).
"""
