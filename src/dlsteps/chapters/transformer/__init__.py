"""The Transformer: an encoder, a decoder, and how a token is produced."""
