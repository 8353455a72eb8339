"""The same person keeps the same id."""
