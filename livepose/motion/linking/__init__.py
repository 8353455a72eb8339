"""Ids that are right all over a scene: decided once all of its frames are known."""
