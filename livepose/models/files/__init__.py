"""Model files: which one is meant, where it comes from, and where it is kept."""
