"""Send mail to one person about their own subscription: confirmation, welcome, notice.

Comes in: a request to send one, in the transaction that causes it. Goes out: rows that a worker
claims and settles like deliveries.
"""
