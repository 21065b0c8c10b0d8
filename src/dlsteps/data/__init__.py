"""Real data, small, seeded and offline."""
