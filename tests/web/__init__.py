"""Tests of parlour/web.py: the HTTP door."""
