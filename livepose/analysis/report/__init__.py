"""Angles over time, as a page or an image."""
