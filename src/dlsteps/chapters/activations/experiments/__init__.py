"""What the book measured about activations."""
