"""What is at addresses is known by the paths of a plan; only some formats have further files."""

from __future__ import annotations

from livepose.batch.file_identity import FileIdentity
from livepose.batch.remote import RemoteFile
from livepose.batch.remote_listing import RemoteListing
from livepose.batch.remote_paths import RemoteAddress


def test_only_formats_with_a_file_for_each_person_have_further_ones() -> None:
    names = ("a_person2.trc", "a_person2.csv", "a_person2.mp4")
    addresses = [RemoteAddress(f"s3://bucket/{name}") for name in names]
    listing = RemoteListing(RemoteFile(each, FileIdentity("", 1, 0, "")) for each in addresses)
    folder = addresses[0].path.parent
    further = {name: listing.further_files(folder / name) for name in ("a.trc", "a.csv", "a.mp4")}
    # The others are those of a clip with such a name, and must not be deleted.
    assert further == {"a.trc": [folder / "a_person2.trc"], "a.csv": [], "a.mp4": []}
