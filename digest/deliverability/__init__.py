"""How a sender stands with mailbox providers: what DNS says of it, and what they would object to.

Every lookup goes through `DnsResolver`, so that tests hand in a server of their own.
"""
