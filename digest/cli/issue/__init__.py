"""Commands about one issue, from draft to report.

Comes in: arguments. Goes out: lines or JSON on stdout, an exit status.
"""
