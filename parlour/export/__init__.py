"""`parlour export` and `parlour import`: what people said, in a form that others can read."""
