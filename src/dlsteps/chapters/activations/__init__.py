"""Activations: what a layer lets through, and what it sends back."""
