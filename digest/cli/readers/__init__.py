"""Commands about the people on the list: subscribers, suppressions, bounces.

Comes in: arguments. Goes out: lines or JSON on stdout, an exit status.
"""
