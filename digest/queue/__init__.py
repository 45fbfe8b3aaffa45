"""Run the sending steps as tasks of Procrastinate, on PostgreSQL alone.

Comes in: an issue with batches that are due. Goes out: send tasks in the same transaction, and
workers that run them. Only this room knows that library, and no lower one knows this room.

    deferral   defers send tasks in the transaction that makes their batches
    tasks      what a worker does for a send task, and once a minute
    worker     Procrastinate's worker, started again when it ends by itself
    schema     creates and upgrades the library's own tables
"""
