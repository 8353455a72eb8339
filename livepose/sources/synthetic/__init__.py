"""The built-in scenes. Their names stand here, as the modules that paint them import slowly."""

SCENE_NAMES = ("dance", "walk", "crossing", "visitors", "passer-by", "stand", "bends")
