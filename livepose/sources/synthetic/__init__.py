"""The built-in scenes by name: apart from what paints them, which takes a while to import."""

SCENE_NAMES = ("dance", "walk", "crossing", "visitors", "passer-by", "stand", "bends")
