"""The gate: what must be right before an issue is approved, looked for in its final bytes.

`specimen` is the message as one recipient gets it; `Gate.check` gives every finding. One file a
family of checks; `findings.Code` names all that can be found.
"""

from digest.gate.check import Gate, Tools
from digest.gate.findings import DEFAULT_POLICY, Code, Finding, Level, Policy, blocking, in_one_line
from digest.gate.sample_message import Specimen, specimen

__all__ = [
    "DEFAULT_POLICY",
    "Code",
    "Finding",
    "Gate",
    "Level",
    "Policy",
    "Specimen",
    "Tools",
    "blocking",
    "in_one_line",
    "specimen",
]
