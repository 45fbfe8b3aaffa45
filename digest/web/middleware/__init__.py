"""Handles requests before any page does: protocol, path prefix, ends of links, proxies.

Comes in: requests as the network has them. Goes out: requests as the pages expect them.
"""
