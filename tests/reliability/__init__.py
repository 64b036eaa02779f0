"""Random rolls over clusters in which everything goes wrong. `python -m tests.reliability --rolls N` runs them."""
