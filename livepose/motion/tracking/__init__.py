"""Who is who from frame to frame, and which person the result is about."""
