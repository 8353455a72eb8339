"""The Dockerfile, and what runs its instructions where there is no container engine."""

from __future__ import annotations

import re
from pathlib import Path

from run_dockerfile import CONTEXT, Image, Instruction, ignored_files, parse
from tests.support.paths import CHECKOUT

INSTRUCTIONS = parse((CHECKOUT / "Dockerfile").read_text("utf-8"))
LIGHT_INSTALL = re.compile(r"<!-- light install -->\n```sh\n.*?pip install (.*?)&&", re.S)


def test_instructions_are_joined_over_lines_and_comments_are_left_out() -> None:
    text = '# one\nFROM a\n\nRUN b \\\n  # inside\n  && c\nCMD ["d", "e"]\n'
    assert parse(text) == [
        Instruction("FROM", "a"),
        Instruction("RUN", "b   && c"),
        Instruction("CMD", '["d", "e"]'),
    ]
    assert parse(text)[2].arguments == ["d", "e"]
    assert parse(text)[1].arguments is None


def test_paths_of_the_image_are_below_its_folder_and_others_stay(tmp_path: Path) -> None:
    image = Image(tmp_path, {}, paths={"/out", "/models"}, environment={"MODEL": "thunder"})
    said = "cp /models/a /out && ls /outer x/out > /dev/null"
    root = str(tmp_path)
    assert image.located(said) == f"cp {root}/models/a {root}/out && ls /outer x/out > /dev/null"
    assert image.substituted("$MODEL, ${MODEL}, $NONE.") == "thunder, thunder, ."


def test_only_what_is_copied_gets_into_the_image() -> None:
    is_ignored = ignored_files(CONTEXT)
    copied = [each.rest.split()[:-1] for each in INSTRUCTIONS if each.word == "COPY"]
    for name in [name for names in copied for name in names]:
        assert (CONTEXT / name).exists() and not is_ignored(CONTEXT / name), name
    for name in ("tests/conftest.py", "docs", ".git", "livepose/cli/__pycache__/main.pyc"):
        assert is_ignored(CONTEXT / name), name
    assert not is_ignored(CONTEXT / "livepose/py.typed")


def test_the_image_has_the_packages_of_a_light_install_without_windows() -> None:
    readme = LIGHT_INSTALL.search((CHECKOUT / "README.md").read_text("utf-8"))
    assert readme
    install = next(each.rest for each in INSTRUCTIONS if "pip install numpy" in each.rest)
    expected = set(readme[1].replace("\\\n", " ").split()) - {"cv2-enumerate-cameras"}
    expected = {word.replace("opencv-python<", "opencv-python-headless<") for word in expected}
    assert set(install.split()) - {"pip", "install"} == expected


def test_the_command_serves_a_page_and_is_not_run_as_root() -> None:
    words = {each.word: each for each in INSTRUCTIONS}
    assert words["CMD"].arguments == ["--demo", "--web", "0.0.0.0:8000"]
    assert words["ENTRYPOINT"].arguments == ["livepose"]
    assert not words["USER"].rest.startswith(("0", "root"))
