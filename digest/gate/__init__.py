"""Checks the final bytes of an issue's mail before it may be approved.

Comes in: a sample message, which is the mail exactly as one recipient would get it. Goes out:
findings, each with a stable code, a place and what to do. One file for each family of checks.
"""

from digest.gate.findings import (
    DEFAULT_POLICY,
    Code,
    Finding,
    Level,
    Policy,
    blocking,
    summary_line,
)
from digest.gate.gate import Gate, Tools
from digest.gate.sample_message import Claims, SampleMessage, sample_message

__all__ = [
    "DEFAULT_POLICY",
    "Claims",
    "Code",
    "Finding",
    "Gate",
    "Level",
    "Policy",
    "SampleMessage",
    "Tools",
    "blocking",
    "sample_message",
    "summary_line",
]
