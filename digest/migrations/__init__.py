"""Alembic's migrations, packaged: `digest.database` runs them."""
