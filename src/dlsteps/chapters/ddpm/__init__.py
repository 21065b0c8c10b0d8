"""DDPM: one network that predicts the noise."""
