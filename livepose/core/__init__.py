"""The nouns that every other room shares: numpy and the standard library only, no I/O, no threads."""
