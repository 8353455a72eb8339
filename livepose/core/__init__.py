"""The nouns that all rooms share. No I/O and no threads; numpy, and cv2 for pixels only."""
