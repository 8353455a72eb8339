"""The clothes of the figures in side view."""

from __future__ import annotations

from dataclasses import dataclass

from livepose.sources.synthetic.shading import Color, Shade


@dataclass(frozen=True, slots=True)
class Outfit:
    """The colors of a figure and of its clothes."""

    shirt: Shade
    trousers: Shade
    hair: Shade = ((28, 34, 48), (60, 78, 110))
    skin: Shade = ((96, 128, 184), (164, 196, 236))
    shoe: Shade = ((168, 172, 178), (238, 240, 242))
    sole: Color = (100, 108, 120)

    def dimmed(self) -> Outfit:
        """Return the colors of the far arm and leg, which get less light."""
        return Outfit(
            _dim_shade(self.shirt),
            _dim_shade(self.trousers),
            _dim_shade(self.hair),
            _dim_shade(self.skin),
            _dim_shade(self.shoe),
            _dim(self.sole),
        )


def _dim(color: Color) -> Color:
    return tuple(0.74 * part for part in color)


def _dim_shade(shade: Shade) -> Shade:
    return _dim(shade[0]), _dim(shade[1])


RED = Outfit(((52, 70, 150), (98, 128, 218)), ((42, 33, 28), (94, 80, 70)))
BLUE = Outfit(
    ((122, 72, 30), (206, 142, 78)),
    ((40, 56, 54), (92, 116, 114)),
    hair=((18, 20, 24), (52, 56, 64)),
    skin=((62, 88, 136), (112, 150, 200)),
    shoe=((34, 34, 38), (88, 88, 94)),
    sole=(196, 200, 204),
)
GREEN = Outfit(
    ((44, 88, 44), (104, 162, 104)),
    ((30, 30, 32), (78, 76, 78)),
    hair=((60, 110, 150), (120, 176, 212)),
)
YELLOW = Outfit(((30, 140, 160), (80, 210, 232)), ((60, 44, 40), (120, 98, 90)))
VIOLET = Outfit(
    ((120, 50, 90), (196, 110, 160)),
    ((38, 38, 44), (86, 86, 96)),
    hair=((24, 30, 70), (60, 76, 140)),
)
WHITE = Outfit(
    ((170, 172, 176), (236, 238, 240)),
    ((88, 60, 40), (150, 116, 90)),
    skin=((50, 70, 110), (96, 128, 176)),
)
TURQUOISE = Outfit(((120, 110, 20), (190, 180, 70)), ((50, 60, 76), (100, 116, 140)))
BLACK = Outfit(
    ((26, 24, 24), (70, 66, 66)),
    ((96, 96, 100), (160, 160, 166)),
    hair=((110, 116, 122), (170, 178, 186)),
)
ORANGE = Outfit(((20, 90, 180), (70, 150, 240)), ((30, 26, 26), (80, 72, 70)))
PINK = Outfit(((130, 90, 190), (190, 160, 240)), ((110, 84, 60), (170, 146, 120)))
