"""Notifies editors by mail and webhook of what needs them, once each.

Comes in: addresses of editors, and the store as it is. Goes out: rows of a ledger, each
with a unique key, and a message for each. `editor_events` finds the events;
`EditorNotifier` stores and sends the messages.
"""
