"""Keys, signatures, and what a reader with a public key refuses."""

from __future__ import annotations

import json
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from released_game import build, release, store_at

from gdata.bundles.manifest import canonical_json, sha256
from gdata.bundles.reader import Bundle, open_bundle
from gdata.errors import GdataError, SignatureError, UsageError
from gdata.releases.fetch import fetch
from gdata.releases.log import newest_entry, read_log
from gdata.releases.move import Move, sign_channel
from gdata.releases.reader import read_bundle, read_release
from gdata.releases.records import is_release_id
from gdata.releases.signatures import (
    MANIFEST_SIGNATURE,
    PublicKeys,
    SigningKey,
    check_folder_signature,
    check_signature,
    generate_key,
    generate_next_key,
    load_public_keys,
    load_signing_key,
)
from gdata.releases.stores.store import WritableStore


def new_key(folder: Path, name: str = "key.pem") -> SigningKey:
    key = load_signing_key(generate_key(folder / name).private)
    assert key is not None
    return key


def read_with(key: PublicKeys, store: WritableStore, name: str) -> Bundle:
    """The bundle that a reader who trusts a key alone has of a channel or release."""
    entry = None if is_release_id(name) else newest_entry(store, name, public_key=key)
    record = read_release(store, entry.release if entry is not None else name, entry)
    return read_bundle(store, record, "server", public_key=key)


def test_a_new_key_is_for_its_owner_alone_and_never_overwritten(tmp_path: Path) -> None:
    files = generate_key(tmp_path / "new" / "key.pem")
    if sys.platform != "win32":
        assert stat.S_IMODE(files.private.stat().st_mode) == 0o600
    key = load_signing_key(files.private)
    assert key is not None
    assert key.public == load_public_keys(files.public) == load_public_keys(files.public_pem)
    with pytest.raises(UsageError, match="there already"):
        generate_key(files.private)


def test_the_key_comes_from_a_file_or_the_environment(tmp_path: Path) -> None:
    path = generate_key(tmp_path / "key.pem").private
    pem = path.read_text()
    expected = load_signing_key(path)
    assert expected is not None
    for value in (str(path), pem, pem.replace("\n", "\\n")):
        key = load_signing_key(None, {"GDATA_SIGNING_KEY": value})
        assert key is not None
        assert key.public == expected.public
    assert load_signing_key(None, {}) is None
    assert pem.splitlines()[1] not in repr(expected)


def test_what_is_no_key_is_refused_in_words(tmp_path: Path) -> None:
    private = Ed25519PrivateKey.generate()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    locked = private.private_bytes(pem, pkcs8, serialization.BestAvailableEncryption(b"x"))
    other = generate_private_key(SECP256R1()).private_bytes(pem, pkcs8, serialization.NoEncryption())
    (tmp_path / "text").write_text("hello")
    (tmp_path / "binary").write_bytes(b"\xff\x00" * 50)
    for name, content in (("locked", locked), ("other", other)):
        (tmp_path / name).write_bytes(content)
    for source, words in {
        "locked": "password", "other": "not an Ed25519 private key", "text": "not an Ed25519", "binary": "not an",
        "missing": "can't be read",
    }.items():  # fmt: skip
        with pytest.raises(UsageError, match=words):
            load_signing_key(tmp_path / source)
        with pytest.raises(UsageError):
            load_public_keys(tmp_path / source)
    with pytest.raises(UsageError, match="the signing key") as error:
        load_signing_key("-----BEGIN PRIVATE KEY-----\nsecretsecret\n-----END PRIVATE KEY-----")
    assert "secret" not in str(error.value)


def test_a_signed_release_is_read_with_its_key_alone(tmp_path: Path) -> None:
    store, key, other = store_at(tmp_path), new_key(tmp_path), new_key(tmp_path, "other.pem")
    release(store, build(tmp_path, 100), key=key)
    read_with(key.public, store, "live")
    with pytest.raises(SignatureError, match="by another key"):
        read_with(other.public, store, "live")


def test_an_unsigned_release_is_refused_where_a_key_is_given(tmp_path: Path) -> None:
    store, key = store_at(tmp_path), new_key(tmp_path)
    moved = release(store, build(tmp_path, 100))
    with pytest.raises(SignatureError, match="isn't signed"):
        newest_entry(store, "live", public_key=key.public)
    with pytest.raises(SignatureError, match="isn't signed"):
        read_with(key.public, store, moved.entry.release)


def test_an_entry_with_another_content_or_a_borrowed_signature_is_refused(tmp_path: Path) -> None:
    store, key = store_at(tmp_path), new_key(tmp_path)
    release(store, build(tmp_path, 100), key=key)
    entry = release(store, build(tmp_path, 200), key=key).entry
    path = tmp_path / "releases/channels/live/000002.json"
    forged = replace(entry, message="nothing to see").sealed()
    for fake in (forged, replace(forged, signature=None), replace(forged, signature="ed25519:AAAA:AAAA")):
        path.write_bytes(fake.to_bytes())
        with pytest.raises(SignatureError):
            newest_entry(store, "live", public_key=key.public)


def test_another_targets_signed_manifest_is_refused(tmp_path: Path) -> None:
    store, key = store_at(tmp_path), new_key(tmp_path)
    moved = release(store, build(tmp_path, 100), key=key)
    record = read_release(store, moved.entry.release)
    swapped = replace(record, targets={**record.targets, "client": record.targets["server"]})
    with pytest.raises(SignatureError, match="is that of target server"):
        read_bundle(store, swapped, "client", public_key=key.public)


def test_an_older_releases_signed_manifest_is_refused(tmp_path: Path) -> None:
    store, key = store_at(tmp_path), new_key(tmp_path)
    old = read_release(store, release(store, build(tmp_path, 100), key=key).entry.release)
    new = read_release(store, release(store, build(tmp_path, 200), key=key).entry.release)
    path = tmp_path / f"releases/releases/{new.id}.json"
    path.write_bytes(replace(new, targets=old.targets).to_bytes())
    with pytest.raises(GdataError, match=new.id):
        read_with(key.public, store, "live")
    with pytest.raises(SignatureError, match="in build"):
        read_with(key.public, store, new.id)


def test_signatures_are_over_the_bytes_that_the_design_names(tmp_path: Path) -> None:
    store, key = store_at(tmp_path), new_key(tmp_path)
    bundles = build(tmp_path, 100)
    moved = release(store, bundles, key=key)
    entry = json.loads((tmp_path / "releases/channels/live/000001.json").read_bytes())
    signature = entry.pop("signature")
    check_signature(signature, canonical_json(entry), place="entry", key=key.public)
    released = read_release(store, moved.entry.release).targets["server"]
    check_signature(released.signature, bundles["server"].manifest_bytes, place="manifest", key=key.public)
    assert released.manifest == sha256(bundles["server"].manifest_bytes)


def test_a_fetched_folder_has_its_signature_beside_the_manifest(tmp_path: Path) -> None:
    store, key = store_at(tmp_path), new_key(tmp_path)
    into = tmp_path / "into"
    for price in (100, 200):
        release(store, build(tmp_path, price), key=key)
        fetch(store, "live", "server", into, public_key=key.public)
        check_folder_signature(into, open_bundle(into).manifest_bytes, key.public)
    assert len((into / MANIFEST_SIGNATURE).read_text().splitlines()) == 1
    release(store, build(tmp_path, 300))
    with pytest.raises(SignatureError, match="isn't signed"):
        fetch(store, "live", "server", into, public_key=key.public)
    check_folder_signature(into, open_bundle(into).manifest_bytes, key.public)
    fetch(store, "live", "server", into)
    assert not (into / MANIFEST_SIGNATURE).exists()
    with pytest.raises(SignatureError, match="isn't signed"):
        check_folder_signature(into, open_bundle(into).manifest_bytes, key.public)


def test_a_manifest_fits_its_signatures_while_they_are_replaced(tmp_path: Path) -> None:
    key = new_key(tmp_path)
    old, new = b"old manifest", b"new manifest"
    (tmp_path / MANIFEST_SIGNATURE).write_text(f"{key.sign(new)}\n{key.sign(old)}\n")
    for manifest in (old, new):
        check_folder_signature(tmp_path, manifest, key.public)
    with pytest.raises(SignatureError, match="isn't what was signed"):
        check_folder_signature(tmp_path, b"third manifest", key.public)


def test_a_key_is_replaced_without_a_moment_in_which_readers_refuse(tmp_path: Path) -> None:
    old = generate_key(tmp_path / "release.pem")
    store, old_key = store_at(tmp_path), load_signing_key(old.private)
    release(store, build(tmp_path, 100), key=old_key)
    following = generate_next_key(old.private)
    assert (following.private.name, following.public.name) == ("release-2.pem", "release-2.pem.pub")
    both, new_key = load_public_keys(following.public), load_signing_key(following.private)
    read_with(both, store, "live")
    release(store, build(tmp_path, 200), key=new_key)
    read_with(both, store, "live")
    with pytest.raises(SignatureError, match="is signed by another key"):
        read_with(load_public_keys(old.public), store, "live")
    assert new_key is not None
    read_with(new_key.public, store, "live")
    third = generate_next_key(following.private)
    assert third.private.name == "release-3.pem"
    assert len(load_public_keys(third.public).raw) == 3


def test_keys_may_come_from_several_places(tmp_path: Path) -> None:
    one, two = generate_key(tmp_path / "one.pem"), generate_key(tmp_path / "two.pem")
    keys = load_public_keys([one.public, two.public_pem, load_public_keys(one.public)])
    assert keys == load_public_keys(one.public_pem + two.public_pem)
    assert len(keys.raw) == 2
    with pytest.raises(UsageError, match="names no key"):
        load_public_keys([])


def test_the_next_key_needs_the_one_before(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        generate_next_key(tmp_path / "release.pem")
    files = generate_key(tmp_path / "release.pem")
    generate_next_key(files.private)
    with pytest.raises(UsageError, match=r"release-2\.pem is there already"):
        generate_next_key(files.private)
    files.public.unlink()
    with pytest.raises(UsageError, match=r"release\.pem\.pub: the key can't be read"):
        generate_next_key(files.private)


def test_a_release_that_is_out_is_signed_later(tmp_path: Path) -> None:
    store, key = store_at(tmp_path), new_key(tmp_path)
    first = release(store, build(tmp_path, 5)).entry
    with pytest.raises(SignatureError):
        read_with(key.public, store, "live")
    moved = sign_channel(store, Move("publish", "live"), key)
    assert moved.changed and moved.entry.release != first.release
    assert read_with(key.public, store, "live").manifest.build == read_release(store, first.release).build
    assert not sign_channel(store, Move("publish", "live"), key).changed


def test_a_rollback_passes_by_the_unsigned_release_of_the_same_build(tmp_path: Path) -> None:
    store, key = store_at(tmp_path), new_key(tmp_path)
    before = release(store, build(tmp_path, 5)).entry
    release(store, build(tmp_path, 6))
    sign_channel(store, Move("publish", "live"), key)
    assert read_log(store, "live").release_before() == before.release


def test_what_was_never_released_can_t_be_signed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no release"):
        sign_channel(store_at(tmp_path), Move("publish", "live"), new_key(tmp_path))
