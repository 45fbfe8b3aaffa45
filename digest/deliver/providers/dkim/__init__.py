"""DKIM signatures (RFC 6376), RSA and Ed25519.

Comes in: a message template and private keys. Goes out: messages with DKIM-Signature fields.
"""
