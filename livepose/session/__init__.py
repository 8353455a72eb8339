"""From options to one run, and to its summary."""
