"""Parlour measured beside what one would take instead, and beside the limit of the machine."""
