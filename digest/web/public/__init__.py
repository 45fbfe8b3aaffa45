"""Pages that readers open: sign-up, preferences, archive, votes, links, feeds.

Comes in: HTTP requests, mostly with a token. Goes out: pages, redirects and feeds. Handlers are
thin: what they decide and what they query lives in the rooms below.
"""
