"""Tests of parlour/realtime/."""
