"""Positional encoding: how a Transformer tells places apart."""
