"""Sphinx extensions that make the built book quiet, offline and accessible."""
