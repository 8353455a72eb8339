"""The machine: files, processor, memory, optional packages, signals."""
