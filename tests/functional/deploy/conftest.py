"""Installations as deploy/ makes them, on this machine's own ports."""

import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.services.pgbouncer import PgBouncer
from tests.services.postgres import WorkerDatabase

LOCAL = ipaddress.ip_address("127.0.0.1")


@pytest.fixture
def bare_pooled_url(postgresql_server_url: str, testrun_uid: str, worker_id: str) -> Iterator[str]:
    """A PostgreSQL database in which nothing is yet, behind a PgBouncer with a handful of connections."""
    database = WorkerDatabase(postgresql_server_url, f"widget_host_{testrun_uid[:12]}_{worker_id}_bare")
    database.create()
    pooler = PgBouncer(database.url, connections=4)
    try:
        pooler.start()
        yield pooler.url
    finally:
        pooler.stop()
        database.drop()


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """A folder with a key and a certificate for this machine, signed by itself."""
    folder = tmp_path / "tls"
    folder.mkdir()
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Widget Host")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(LOCAL)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem, traditional = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    (folder / "host.crt").write_bytes(certificate.public_bytes(pem))
    (folder / "host.key").write_bytes(key.private_bytes(pem, traditional, plain))
    return folder
