"""Filters that remove the jitter of keypoints: one as frames come, one without lag."""

MAX_CUTOFF_SHARE = 0.9
"""Of half the frame rate: with a higher cutoff there is nothing to filter."""
