"""Computation graphs: what is recorded, and how a gradient walks back."""
