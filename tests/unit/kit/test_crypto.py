import base64

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from widget_host.kit.crypto import BearerHasher, KeyRing, SecretBox, SecretHasher, Undecryptable, new_secret

OLD, NEW = "o" * 32, "n" * 32


class TestNewSecret:
    def test_draws_256_bits_each_time_anew(self) -> None:
        drawn = [new_secret() for _ in range(50)]

        assert len(set(drawn)) == 50
        assert {len(base64.urlsafe_b64decode(secret + "=")) for secret in drawn} == {32}

    def test_puts_the_prefix_before_them(self) -> None:
        assert new_secret("whs_sandbox_").startswith("whs_sandbox_")


class TestKeyRing:
    def test_derives_one_key_for_each_secret_newest_first(self) -> None:
        assert KeyRing([NEW, OLD]).derive("a") == [*KeyRing([NEW]).derive("a"), *KeyRing([OLD]).derive("a")]

    def test_derives_as_rfc_5869_says(self) -> None:
        expected = HKDF(hashes.SHA256(), 48, None, b"purpose").derive(NEW.encode())

        assert KeyRing([NEW]).derive("purpose", 48) == [expected]

    def test_derives_another_key_for_another_purpose(self) -> None:
        ring = KeyRing([NEW])

        assert ring.derive("a") != ring.derive("b")


class TestSecretHasher:
    def test_finds_what_was_stored_before_the_rotation(self) -> None:
        stored = SecretHasher(KeyRing([OLD])).hash("secret")

        assert stored in SecretHasher(KeyRing([NEW, OLD])).candidates("secret")
        assert stored not in SecretHasher(KeyRing([NEW])).candidates("secret")

    def test_stores_under_the_newest_secret(self) -> None:
        rotated = SecretHasher(KeyRing([NEW, OLD]))

        assert rotated.hash("secret") == SecretHasher(KeyRing([NEW])).hash("secret") == rotated.candidates("secret")[0]

    def test_gives_nothing_of_the_secret_away(self) -> None:
        hashed = SecretHasher(KeyRing([NEW])).hash("secret")

        assert len(bytes.fromhex(hashed)) == 32
        assert hashed != SecretHasher(KeyRing([NEW])).hash("Secret")


class TestBearerHasher:
    def test_knows_what_was_stored_before_the_rotation(self) -> None:
        stored = BearerHasher(KeyRing([OLD])).hash("bearer")

        assert BearerHasher(KeyRing([NEW, OLD])).is_hash_of("bearer", stored)
        assert not BearerHasher(KeyRing([NEW])).is_hash_of("bearer", stored)

    def test_stores_under_the_newest_secret(self) -> None:
        assert BearerHasher(KeyRing([NEW, OLD])).hash("bearer") == BearerHasher(KeyRing([NEW])).hash("bearer")

    def test_gives_nothing_of_the_bearer_away(self) -> None:
        hasher = BearerHasher(KeyRing([NEW]))

        assert len(bytes.fromhex(hasher.hash("bearer"))) == 32
        assert not hasher.is_hash_of("Bearer", hasher.hash("bearer"))


class TestSecretBox:
    @pytest.mark.parametrize("plain", ["", "secret", "s3cr3t-ünïcode-日本語", "x" * 5000])
    def test_opens_what_it_sealed(self, plain: str) -> None:
        box = SecretBox(KeyRing([NEW]))

        assert box.open(box.seal(plain, owner="env_1"), owner="env_1") == plain

    def test_seals_the_same_text_differently_each_time(self) -> None:
        box = SecretBox(KeyRing([NEW]))

        assert box.seal("secret", owner="env_1") != box.seal("secret", owner="env_1")

    def test_opens_what_was_sealed_before_the_rotation(self) -> None:
        sealed = SecretBox(KeyRing([OLD])).seal("secret", owner="env_1")

        assert SecretBox(KeyRing([NEW, OLD])).open(sealed, owner="env_1") == "secret"

    def test_seals_with_the_newest_secret(self) -> None:
        sealed = SecretBox(KeyRing([NEW, OLD])).seal("secret", owner="env_1")

        assert SecretBox(KeyRing([NEW])).open(sealed, owner="env_1") == "secret"

    def test_refuses_what_a_dropped_secret_sealed(self) -> None:
        sealed = SecretBox(KeyRing([OLD])).seal("secret", owner="env_1")

        with pytest.raises(Undecryptable):
            SecretBox(KeyRing([NEW])).open(sealed, owner="env_1")

    def test_refuses_what_another_environment_sealed(self) -> None:
        box = SecretBox(KeyRing([NEW]))

        with pytest.raises(Undecryptable):
            box.open(box.seal("secret", owner="env_1"), owner="env_2")

    def test_refuses_what_was_changed_anywhere(self) -> None:
        box = SecretBox(KeyRing([NEW]))
        key_id, _, text = box.seal("secret", owner="env_1").partition(".")
        raw = base64.urlsafe_b64decode(text)

        for place in range(len(raw)):
            changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
            with pytest.raises(Undecryptable):
                box.open(f"{key_id}.{base64.urlsafe_b64encode(changed).decode()}", owner="env_1")

    @pytest.mark.parametrize("text", ["", ".", "abc", "0badc0de.AAAA", "{key}.", "{key}.é", "{key}.A", "{key}.AAAA"])
    def test_refuses_what_is_no_box(self, text: str) -> None:
        box = SecretBox(KeyRing([NEW]))
        key_id = box.seal("", owner="env_1").partition(".")[0]

        with pytest.raises(Undecryptable):
            box.open(text.format(key=key_id), owner="env_1")
