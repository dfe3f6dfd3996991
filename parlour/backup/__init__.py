"""`parlour backup` and `parlour restore`: everything that a server keeps, in one archive."""
