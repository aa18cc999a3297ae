"""Certificates for one test: self-made, so that they are their own authority."""

import subprocess
from pathlib import Path


def make_certificate(folder: Path, name: str) -> Path:
    """A PEM file with key and certificate for the DNS name; the same file serves as `ca_file`."""
    key, certificate, both = folder / "key.pem", folder / "certificate.pem", folder / f"{name}.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    named = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-days", "2"]
    subprocess.run(
        [*made, *named, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True, text=True
    )
    both.write_text(key.read_text() + certificate.read_text())
    return both
