"""An authority and certificates for one run, made by the openssl program."""

import base64
import hashlib

from support.programs import run
from support.report import NotRun


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.certificate = folder / "ca.pem"
        self.key = folder / "ca.key"
        self._openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=interop authority", "-keyout", self.key, "-out", self.certificate,
        )

    def issue(self, name, serial, names="DNS:localhost,IP:127.0.0.1", usage="serverAuth"):
        """A certificate for these names and this use with this serial number. Returns the files of the certificate and its key."""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.cnf"
        extensions.write_text(
            f"subjectAltName={names}\nbasicConstraints=CA:FALSE\nextendedKeyUsage={usage}\n"
        )
        self._openssl(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/CN=localhost", "-keyout", key, "-out", request,
        )
        self._openssl(
            "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-days", "1",
            "-set_serial", serial, "-extfile", extensions, "-out", certificate,
        )
        return certificate, key

    @staticmethod
    def pin(certificate):
        """The SHA-256 of a certificate's public key (SubjectPublicKeyInfo, DER), in hexadecimal digits."""
        key = Authority._openssl("x509", "-in", certificate, "-noout", "-pubkey")
        body = "".join(line for line in key.splitlines() if not line.startswith("-"))
        return hashlib.sha256(base64.b64decode(body)).hexdigest()

    @staticmethod
    def _openssl(*arguments):
        result = run(["openssl", *arguments])
        if result.returncode != 0:
            raise NotRun(f"openssl {arguments[0]} failed: {result.stdout.strip()[-200:]}")
        return result.stdout
