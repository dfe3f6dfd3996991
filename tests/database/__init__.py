"""Tests of parlour/database.py and of the SQL below it, parlour/store/."""
