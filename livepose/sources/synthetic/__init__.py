"""The built-in scenes. Their names stand here, as the modules that paint them import slowly."""

from livepose.core.errors import OptionError

SCENE_NAMES = ("dance", "walk", "crossing", "visitors", "passer-by", "stand", "bends", "crowd")


def check_scene(name: str) -> None:
    """Check that there is a scene of this name.

    Raises:
        OptionError: If there is none.
    """
    if name not in SCENE_NAMES:
        raise OptionError(f"there is no scene {name!r}: choose {', '.join(SCENE_NAMES)}")
