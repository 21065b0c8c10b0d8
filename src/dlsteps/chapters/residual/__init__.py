"""The residual block: a way around some layers."""
