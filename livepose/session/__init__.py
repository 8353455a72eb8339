"""Options -> one run -> Summary."""
