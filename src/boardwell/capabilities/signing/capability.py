"""Kinds: acknowledgement, signature."""

from boardwell.capabilities.signing import clock, letters  # noqa: F401 - its clockwork and its letters are known from then on
from boardwell.capabilities.signing.acknowledgement import Acknowledgement
from boardwell.capabilities.signing.signature import SignatureKind
from boardwell.kit.capability import Capability

CAPABILITY = Capability(name="signing", kinds=(Acknowledgement(), SignatureKind()))
