"""The ledger of one issue's deliveries: who has it, who failed, who is in doubt.

Comes in: an audience, a worker that claims batches, the provider's outcomes. Goes out: counts that
always add up to the audience (invariant 1), each subscriber once (invariant 2).
"""
