"""The certificate with which a phone is served: made on this machine, and kept.

Browsers give a page their camera only over HTTPS, and no authority signs for a machine in
somebody's home. So the certificate is signed by itself: a phone asks once whether it is to be
trusted, and its fingerprint says whether it is the one that livepose has shown.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from livepose.system.files import write_error

if TYPE_CHECKING:
    from cryptography import x509

_DAYS = 397
"""Apple's browsers trust no certificate for longer than 398 days."""
_RENEWAL_DAYS = 7
"""A certificate that ends so soon is made anew, so that it does not end during a run."""
_CLOCK_SKEW_DAYS = 1
"""How far the clock of a phone may be behind."""
_MAX_NAMES = 64
_NAME = "livepose on this computer"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its private key, in files."""

    path: Path
    """Certificate and private key, as PEM: the owner alone can read it."""
    fingerprint: str
    """SHA-256 as browsers show it: `3A:F0:...`."""
    is_new: bool
    """Whether it was made just now, so that phones ask again."""


def open_certificate(folder: Path, names: Sequence[str]) -> Certificate:
    """Return the certificate that is kept in a folder, made anew if it cannot be used any more.

    It is used for as long as it holds every name and has not expired.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     first = open_certificate(Path(folder), ["192.168.0.7", "localhost"])
    ...     second = open_certificate(Path(folder), ["192.168.0.7"])
    >>> first.is_new, second.is_new, first.fingerprint == second.fingerprint
    (True, False, True)

    Args:
        folder: Where it is kept; created if need be.
        names: The addresses and host names of this machine.

    Raises:
        SinkError: If it cannot be written.
    """
    path = folder / "phone.pem"
    kept = _read(path)
    if kept is not None and _is_usable(kept, names):
        return Certificate(path, fingerprint_of(kept), is_new=False)
    # Names that the old one had stay: at home today, at work tomorrow, and each phone asks once.
    all_names = list(dict.fromkeys([*names, *(_names_in(kept) if kept is not None else [])]))
    made, pem = _make(all_names[:_MAX_NAMES])
    try:
        _write_private(path, pem)
    except OSError as error:
        raise write_error(path, error) from error
    return Certificate(path, fingerprint_of(made), is_new=True)


def fingerprint_of(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of a certificate, as browsers show it."""
    from cryptography.hazmat.primitives import hashes

    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _read(path: Path) -> x509.Certificate | None:
    """Return the certificate in a file, if it is there with its private key and nobody else's."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        if os.name != "nt" and path.stat().st_mode & 0o077:
            return None  # others may have read the key
        pem = path.read_bytes()
        certificate = x509.load_pem_x509_certificate(pem)
        key = load_pem_private_key(pem, password=None)
    except (OSError, ValueError, TypeError):
        return None
    return certificate if key.public_key() == certificate.public_key() else None


def _is_usable(certificate: x509.Certificate, names: Sequence[str]) -> bool:
    now = datetime.datetime.now(datetime.timezone.utc)
    end = certificate.not_valid_after_utc - datetime.timedelta(days=_RENEWAL_DAYS)
    is_current = certificate.not_valid_before_utc <= now < end
    return is_current and set(names) <= set(_names_in(certificate))


def _names_in(certificate: x509.Certificate) -> list[str]:
    from cryptography import x509

    try:
        held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses = [str(each) for each in held.get_values_for_type(x509.IPAddress)]
    return [*addresses, *held.get_values_for_type(x509.DNSName)]


def _make(names: Sequence[str]) -> tuple[x509.Certificate, bytes]:
    """Return a certificate for names and addresses, and with its private key as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    now = datetime.datetime.now(datetime.timezone.utc)
    begin = now - datetime.timedelta(days=_CLOCK_SKEW_DAYS)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general_name(n) for n in names]), False)
        # It signs for nobody but itself: who trusts it trusts no other site for it.
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate, certificate.public_bytes(Encoding.PEM) + private


def _general_name(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, and put it in its place when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix="phone-")  # with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
