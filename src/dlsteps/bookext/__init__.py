"""Sphinx extensions of the book: the pages that are made, not written."""
