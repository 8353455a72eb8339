"""Any graph -> an optimized LiteRT file."""
