"""The rules about the model and the people: it exists, and finds what is asked for."""

from __future__ import annotations

from livepose.analysis.angle_definitions import check_measurable
from livepose.core.errors import OptionError
from livepose.core.skeleton import Skeleton
from livepose.models.catalog import MULTIPOSE
from livepose.models.files.resolve import resolve
from livepose.models.files.trust import check_trust
from livepose.models.movenet import check_people_px
from livepose.session.decisions import detects_people, follows_several, model_name_of, wants_viewer
from livepose.session.option_fields import SourceKind
from livepose.session.options import ModelOptions, Options, Rotate, StyleOptions


def check_keypoints(options: Options, skeleton: Skeleton) -> None:
    """Check that a skeleton has the keypoints that are named, and those that angles need.

    Raises:
        OptionError: If the skeleton lacks a keypoint, or those of `--against` are others.
        SourceError: If the file of `--against` cannot be read.
    """
    parts = skeleton.body_parts()
    for flag, names in (("--hide", options.style.hidden), ("--trail", options.style.trail)):
        for name in sorted(names):
            if name not in parts and name not in skeleton:
                raise OptionError(
                    f"{flag}: there is no keypoint or body part {name!r}: choose from "
                    f"{', '.join(parts)}, or single keypoints: {', '.join(skeleton.names)}"
                )
    check_measurable(options.data.measured_angles, skeleton)
    _check_ghost(options.style, skeleton)


def _check_ghost(style: StyleOptions, skeleton: Skeleton) -> None:
    """Check that the poses to compare with can be read, and have the keypoints of the others.

    Raises:
        OptionError: If the poses have other keypoints, or if `--lead` has no effect.
        SourceError: If the file of poses cannot be read.
    """
    if style.against is None:
        if style.lead_s:
            raise OptionError("--lead has no effect without --against FILE")
        return
    from livepose.export.jsonl_reader import open_pose_file

    if open_pose_file(style.against).metadata.skeleton != skeleton:
        raise OptionError(f"--against {style.against}: its poses have other keypoints")


def check_people(options: Options) -> None:
    """Check that the model can see each of several people.

    Raises:
        OptionError: If the model finds several people by itself, or if each cannot have a crop.
    """
    if not follows_several(options):
        return
    if resolve(model_name_of(options)).max_people > 1:
        raise OptionError(
            f"--people has no effect with {model_name_of(options)}, which finds several people "
            "by itself: it is for lightning and thunder"
        )
    if not options.model.crop:
        raise OptionError("--people needs a crop for each person: leave out --no-crop")
    if options.people.rotate is Rotate.AUTO:
        raise OptionError(
            "--rotate auto is for one person: with --people write --rotate 90, 180 or 270"
        )


def check_people_size(options: Options) -> None:
    """Check that the size of the input for several people has an effect.

    Raises:
        OptionError: If the size is not a multiple of 32, or if nothing detects several people.
    """
    if options.model.people_px == ModelOptions().people_px:
        return
    check_people_px(options.model.people_px)
    # In a window a key may ask for another person at any time, and multipose looks for them then.
    can_select = options.source.kind is not SourceKind.IMAGE and wants_viewer(options)
    max_people = resolve(model_name_of(options)).max_people
    if not (can_select or detects_people(options, max_people) or max_people > 1):
        raise OptionError(
            f"--people-size has no effect with {model_name_of(options)}: it is for --model "
            "multipose"
        )


def check_model(options: Options) -> None:
    """Check that there is a model of this name, and that it finds what is asked for.

    Raises:
        OptionError: If no model has this name, or if it lacks a keypoint that is needed.
        ModelError: If there is nothing at this path; `UntrustedModel` if it has to be trusted.
    """
    model = resolve(model_name_of(options))
    check_trust(model, is_trusted=options.model.trust)
    check_keypoints(options, model.skeleton)
    check_selectable(options, model.label, model.max_people, model.skeleton)


def check_selectable(options: Options, model: str, max_people: int, skeleton: Skeleton) -> None:
    """Check that people can be detected for a model that sees only one, if they have to be.

    Args:
        options: Of the run.
        model: The model's name, for the message.
        max_people: How many people it finds.
        skeleton: What its keypoints are.

    Raises:
        OptionError: If multipose has to detect people, and the model has other keypoints.
    """
    if detects_people(options, max_people) and skeleton != MULTIPOSE.skeleton:
        flag = "--people" if follows_several(options) else "--select"
        raise OptionError(
            f"{flag} is not for {model}: people are detected by {MULTIPOSE.name}, whose "
            "keypoints are others"
        )
