"""What the book measured about computation graphs."""
