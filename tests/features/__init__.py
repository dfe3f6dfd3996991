"""Tests of parlour/features/, most of them through the doors."""
