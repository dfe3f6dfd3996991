"""Tests of parlour/server.py: the process, how it starts and how it ends."""
