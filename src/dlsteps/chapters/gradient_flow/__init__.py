"""Gradient flow: what becomes of a gradient on its way back."""
