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
