"""Migrations in the order of their numbers, up and down on PostgreSQL and SQLite."""
