"""Tells editors by mail, and a webhook, what asks for them: each of it once.

Comes in: addresses that want to be told, and the store as it is. Goes out: rows of a ledger, each
with a unique key, and a message for each. `happenings` finds what is to be told; `EditorNotifier`
notes and sends it.
"""
