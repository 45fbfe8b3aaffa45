"""The ledger of one issue's deliveries: submitted, failed, or with an unknown outcome.

Comes in: an audience, a worker that claims batches, the provider's outcomes. Goes out: counts that
always add up to the audience (invariant 1, docs/invariants.md), each subscriber once (invariant 2).

    freeze   the audience becomes deliveries in batches, once
    claim    a worker takes batches; suppressed people drop out, the rest are being submitted
    settle   outcomes are written as they come
    release  batches are closed (what has no outcome is `uncertain`), go back untouched, or are
             taken from dead workers and closed
    finish   the issue ends when its counts add up
    resend   an editor queues failed or uncertain deliveries again, or gives them up

Each step is one transaction of the pipeline's. `submitting` is committed before the provider is
called and the outcome after, so whatever dies in between is `uncertain`: never lost, and never
sent again by itself.
"""
