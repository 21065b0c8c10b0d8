"""What the book promises in numbers, measured: ``python -m benchmarks [section ...]``."""
