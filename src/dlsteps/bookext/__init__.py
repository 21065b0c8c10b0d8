"""Sphinx extensions of the book: repairs to the theme, and the pages that are made, not written."""
