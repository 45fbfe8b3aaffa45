"""Weekly AI Tool Verdicts: pick, render, approve, deliver and track a newsletter digest."""

__version__ = "0.1.0"
