"""Deep Learning in Steps: the tested code behind the book."""

__version__ = "0.1.0"
