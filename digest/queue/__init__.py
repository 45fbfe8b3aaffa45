"""Permits to send: on PostgreSQL the sending steps run as tasks of Procrastinate.

The one room that knows that library. `deferral` leaves permits in the transaction that makes
batches, `worker` uses them, `schema` keeps the library's own tables up to date.
"""
