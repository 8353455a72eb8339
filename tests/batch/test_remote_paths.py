"""Addresses have paths of their own in a plan, with containers and without users."""

from __future__ import annotations

from livepose.batch.remote_paths import RemoteAddress, shown


def test_what_stands_before_an_at_sign_is_a_user_or_a_container() -> None:
    addresses = {
        "sftp://me:secret@host/films": "sftp://host/films",
        "abfs://films@account.dfs.core.windows.net/a": "abfs://films@account.dfs.core.windows.net/a",
        "abfss://films@account/a": "abfss://films@account/a",
    }
    assert {url: shown(RemoteAddress(url).path) for url in addresses} == addresses
    assert {url: str(RemoteAddress(url)) for url in addresses} == addresses
