"""A phone, or another computer's browser, as the camera."""
