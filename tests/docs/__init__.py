"""The documentation is held against the program: what one says, the other does."""
