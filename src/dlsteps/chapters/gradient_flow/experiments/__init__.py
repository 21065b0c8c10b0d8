"""What the book measured about gradients in deep networks."""
