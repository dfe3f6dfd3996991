"""Tests of parlour/migrations/."""
