"""The steps by which the database got its schema, for Alembic to run."""
