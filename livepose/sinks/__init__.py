"""Where painted frames go."""
