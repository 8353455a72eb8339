"""Filters that remove the jitter of keypoints: one as frames come, one without lag."""
