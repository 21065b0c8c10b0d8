"""Sampling from a diffusion model."""
