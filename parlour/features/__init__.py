"""One file per capability: its HTTP routes, its command handlers, its rules."""
