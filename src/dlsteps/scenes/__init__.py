"""One module per explorer: pure functions from control values to a frame."""
