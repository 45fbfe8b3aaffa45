"""What every room's tables stand on: base class, UTC times, transactions, errors.

Comes in: a database URL. Goes out: sessions, and rows. It knows nothing of the product. Each
name is imported from the module that it lives in, so that `store.errors` costs nothing.

    base       the base class of tables, names of constraints
    times      aware UTC times, and how SQLite writes them
    engine     opens the database, read and write transactions
    insertion  INSERT with ON CONFLICT on both databases
    outage     says once that PostgreSQL is away, and once that it is back
    rows       many rows as one JSON parameter
    errors     the root of all errors
"""
