"""The sending page of an issue: approval, its time, and what happens while it is sent.

Comes in: forms. Goes out: pages, and a stream of server-sent events while the issue is being sent.
"""
