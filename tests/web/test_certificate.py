"""The certificate for phones: kept, private, and made anew only when it has to be."""

from __future__ import annotations

import datetime
import os
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from livepose.core.errors import SinkError
from livepose.web import certificate
from livepose.web.certificate import Certificate, open_certificate

NAMES = ["192.168.0.7", "fd00::7", "localhost", "laptop.local"]


def read(made: Certificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(made.path.read_bytes())


def test_it_holds_every_address_and_name_and_may_only_serve(tmp_path: Path) -> None:
    held = read(open_certificate(tmp_path, NAMES))
    names = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = names.get_values_for_type(x509.IPAddress)
    assert [str(each) for each in addresses] == ["192.168.0.7", "fd00::7"]
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "laptop.local"]
    assert not held.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    # Apple's browsers take none that is valid for longer.
    assert held.not_valid_after_utc - held.not_valid_before_utc < datetime.timedelta(days=398)


def test_a_second_run_uses_the_same_one_and_a_phone_is_not_asked_again(tmp_path: Path) -> None:
    first, second = open_certificate(tmp_path, NAMES), open_certificate(tmp_path, NAMES[:2])
    assert first.is_new and not second.is_new
    assert first.fingerprint == second.fingerprint
    assert len(first.fingerprint) == 95 and set(first.fingerprint[2::3]) == {":"}


def test_another_address_makes_a_new_one_that_holds_the_old_addresses_too(tmp_path: Path) -> None:
    first = open_certificate(tmp_path, NAMES)
    second = open_certificate(tmp_path, ["10.0.0.9", "localhost"])
    assert second.is_new and second.fingerprint != first.fingerprint
    back_home = open_certificate(tmp_path, NAMES)
    assert not back_home.is_new and back_home.fingerprint == second.fingerprint


def test_one_that_soon_expires_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificate, "_DAYS", 6)
    assert open_certificate(tmp_path, NAMES).is_new
    assert open_certificate(tmp_path, NAMES).is_new


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_only_its_owner_can_read_the_key_and_one_that_others_can_read_is_replaced(
    tmp_path: Path,
) -> None:
    first = open_certificate(tmp_path, NAMES)
    assert first.path.stat().st_mode & 0o777 == 0o600
    first.path.chmod(0o644)
    second = open_certificate(tmp_path, NAMES)
    assert second.is_new and second.path.stat().st_mode & 0o777 == 0o600
    assert sorted(tmp_path.iterdir()) == [second.path]


@pytest.mark.parametrize("content", [b"", b"no certificate", b"\xff" * 100])
def test_a_damaged_file_is_replaced(tmp_path: Path, content: bytes) -> None:
    path = open_certificate(tmp_path, NAMES).path
    path.write_bytes(content)
    made = open_certificate(tmp_path, NAMES)
    assert made.is_new
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(made.path)


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match=r"phone\.pem cannot be written: File exists"):
        open_certificate(tmp_path / "file", NAMES)
