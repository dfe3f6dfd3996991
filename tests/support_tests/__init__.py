"""Tests of parlour/support/ (tests/support/ is what the tests themselves share)."""
