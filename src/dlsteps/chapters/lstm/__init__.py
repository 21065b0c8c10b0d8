"""The LSTM: gates, and memory over many steps."""
