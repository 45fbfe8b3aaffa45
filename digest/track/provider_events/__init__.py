"""Events that a provider posts about deliveries: webhook bodies become facts in the database.

Comes in: a signed webhook body, or the event of an inbound message. Goes out: delivery events, each
stored once, and what follows from them: states, suppressions, unsubscribes.
"""
