"""Filters that keep points from trembling."""
