"""Events that a provider posts about deliveries: webhook payloads to facts in the store.

Comes in: a signed body. Goes out: delivery events, each once, and what follows from them.
"""
