"""Deliver messages: decide who gets an issue, submit it in batches, and record every outcome.

Comes in: an approved issue, a list of subscribers, transactional messages, provider answers. Goes
out: mail handed to a provider, and a ledger with states that add up to the audience.

    audience       eligible subscribers, partitioned by recipient domain
    ledger         batches and deliveries: freeze, claim, settle, release, finish, resend
    transactional  mail to one person about their own subscription
    providers      what accepts mail: a Maildir, SMTP, SendGrid
    rate_limit     messages per second and per day, over all workers
    bounce_policy  hard or soft bounce, and what follows
    tables, retry  the tables of all that; when a delivery is tried again
"""
