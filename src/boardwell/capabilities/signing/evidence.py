"""The evidence package of an envelope: everything that a stranger needs to check it without us, and how."""

import base64
import io
import zipfile
from pathlib import Path

from django.utils import translation
from django.utils.translation import gettext as _

from boardwell.capabilities.signing import trail
from boardwell.capabilities.signing.envelopes import documents_of, shown_bytes, signers_of
from boardwell.capabilities.signing.finishing import file_name
from boardwell.capabilities.signing.models import Envelope
from boardwell.kit.evidence import log_of_object
from boardwell.kit.files import bytes_of_part
from boardwell.kit.seals import roots_pem

VERIFIER = Path(__file__).resolve().parent / "verify_package.py"


def evidence_package(envelope: Envelope) -> bytes:
    """A ZIP file; the same envelope gives the same files, hashed one by one in SHA256SUMS, which the seal signs."""
    documents, signers = documents_of(envelope), signers_of(envelope)
    files: dict[str, bytes] = {}
    for one in documents:
        files[f"documents/{file_name(one)}"] = bytes_of_part(one.sealed_id)
        files[f"shown/{one.number:02d}.pdf"] = shown_bytes(one)
        if one.file_id:
            files[f"received/{one.number:02d}.pdf"] = bytes_of_part(one.file_id)
        if one.twin:
            files[f"shown/{one.number:02d}.txt"] = one.twin.encode()
        with zipfile.ZipFile(io.BytesIO(bytes_of_part(one.pictures_id))) as pictures:
            for name in pictures.namelist():
                files[f"shown/{one.number:02d}-page-{int(name.partition('.')[0]) + 1}.png"] = pictures.read(name)
    for signer in signers:
        files[f"consent/{signer.consent['language']}-{signer.consent['sha256'][:12]}.txt"] = "\n\n".join(signer.consent["text"]).encode()
    files["certificate.pdf"] = bytes_of_part(envelope.certificate_id)
    files["trail.jsonl"] = "".join(trail.canonical(entry) + "\n" for entry in envelope.trail).encode()
    files["manifest.json"] = envelope.manifest.encode()
    files["manifest.p7s"] = base64.b64decode(envelope.manifest_signature)
    files["roots.pem"] = roots_pem().encode()
    files["log.json"] = trail.canonical(log_of_object(envelope.id)).encode()
    files["verify.py"] = VERIFIER.read_bytes()
    files["README.txt"] = _readme(envelope).encode()
    files["SHA256SUMS"] = "".join(f"{trail.sha256(files[name])}  {name}\n" for name in sorted(files)).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name), files[name], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _readme(envelope: Envelope) -> str:
    with translation.override(envelope.language):
        lines = [
            envelope.title, envelope.id, "",
            _("This folder proves who signed what and when. It can be checked without the system that made it and without a network."), "",
            _("1. Compare the fingerprint of roots.pem with the one that the sender has published on another way:"),
            "   openssl x509 -in roots.pem -noout -fingerprint -sha256", "",
            _("2. Was any file changed?"), "   sha256sum -c SHA256SUMS", "",
            _("3. Does the seal's signature over the manifest hold?"),
            "   openssl cms -verify -binary -inform DER -in manifest.p7s -content manifest.json -CAfile roots.pem -purpose any -out /dev/null", "",
            _("4. Are the seals in the documents valid?"), "   pdfsig -nocert documents/*.pdf", "",
            _("5. All of it, and whether trail, consents, pictures and log agree with each other (needs Python and openssl):"),
            "   python3 verify.py .", "",
        ]  # fmt: skip
    return "\n".join(lines)
