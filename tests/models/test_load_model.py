"""load_model: what it refuses, and what it loads when."""

from __future__ import annotations

from pathlib import Path

import pytest

from livepose.core.errors import ModelError, OptionError
from livepose.core.region import Region
from livepose.models import load_model
from tests.support.needs import needs_shared, needs_tensorflow
from tests.support.programs import run_python


@pytest.mark.parametrize(("name", "runtime"), [("lightning", "onnx"), ("multipose", "fast")])
def test_an_unknown_runtime_is_refused_before_anything_is_loaded(
    name: str, runtime: str, own_cache: Path
) -> None:
    with pytest.raises(OptionError, match=f"there is no runtime '{runtime}': choose auto, litert"):
        load_model(name, runtime)
    assert not own_cache.exists()


@pytest.mark.parametrize("people_px", [0, -256, 31, 96, 127, 250, 257])
def test_an_input_size_of_multipose_must_be_a_multiple_of_32_from_128_on(people_px: int) -> None:
    with pytest.raises(OptionError, match=r"multiple of 32 from 128 on, got -?\d+$") as caught:
        load_model("multipose", people_px=people_px)
    assert str(people_px) in str(caught.value)


def test_multipose_loads_no_network_before_the_first_frame_unless_its_size_is_given(
    own_cache: Path,
) -> None:
    with load_model("multipose") as model:
        assert (model.name, model.max_people) == ("multipose", 6)
        assert model.full_frame_region(1280, 720) == Region(0, -40, 1280, 800)
    assert not own_cache.exists()


@needs_tensorflow
def test_a_url_that_cannot_be_reached_is_reported_with_the_solutions(
    closed_url: str, own_cache: Path
) -> None:
    url = f"{closed_url}/google/other/1"
    with pytest.raises(ModelError, match="What you can do") as caught:
        load_model(url, trust=True)
    assert f"TF Hub {url}: 127.0.0.1 cannot be reached" in str(caught.value)


def test_a_folder_without_a_saved_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not a SavedModel") as caught:
        load_model(str(tmp_path))
    assert str(tmp_path) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "content", [b"", b"garbage " * 1000, b"\x1c\0\0\0TFL3", b"\x1c\0\0\0TFL3" + b"\0" * 1000]
)
def test_a_tflite_file_with_other_content_is_refused_in_one_line(
    content: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "my.tflite"
    file.write_bytes(content)
    with pytest.raises(ModelError, match="is not a usable LiteRT model") as caught:
        load_model(str(file))
    assert str(file) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


LOAD_WATCHED = """
import sys
seen = []
watched = ("subprocess.Popen", "os.fork", "os.posix_spawn", "os.system", "socket.connect")
sys.addaudithook(lambda event, _: seen.append(event) if event in watched else None)
from livepose.models import load_model
with load_model("lightning", "litert") as model:
    print(model.name)
print(seen, "tensorflow" in sys.modules)
"""


@needs_shared
def test_a_model_from_the_cache_needs_no_process_no_tensorflow_and_no_network(
    compiled: Path, tmp_path: Path
) -> None:
    done = run_python("-c", LOAD_WATCHED, cwd=tmp_path, LIVEPOSE_CACHE=compiled)
    assert done.stdout == "lightning on LiteRT\n[] False\n"
    assert done.stderr == ""


LOAD_EACH = """
import sys
from livepose.core.errors import ModelError
from livepose.models import load_model
for path in sys.argv[1:]:
    try:
        load_model(path)
    except ModelError as error:
        print(error)
"""


@needs_shared
def test_a_truncated_network_is_refused_in_one_line(compiled: Path, tmp_path: Path) -> None:
    (file,) = compiled.glob("lightning.tfhub.*.tflite")
    content = file.read_bytes()
    files = []
    for part in (0.001, 0.1, 0.5, 0.999):
        files.append(tmp_path / f"short-{part}.tflite")
        files[-1].write_bytes(content[: int(len(content) * part)])
    # In another process: if it crashed there, the other tests would go on.
    done = run_python("-c", LOAD_EACH, *files, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) == len(files)
    for short, line in zip(files, lines, strict=True):
        assert line.startswith(f"{short} is not a usable LiteRT model")
