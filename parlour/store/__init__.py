"""All SQL: tables, and functions that take a connection and return models."""
