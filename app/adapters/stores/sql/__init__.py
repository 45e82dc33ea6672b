"""PostgreSQL and SQLite, from one set of tables and one implementation."""
