"""The nouns that all rooms share: numpy and the standard library only, no I/O, no threads."""
