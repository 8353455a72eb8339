"""Model files: found, fetched, kept."""
