"""What a request passes before any page: the protocol, the path prefix, tails of links, proxies.

Comes in: requests as the network has them. Goes out: requests as the pages expect them.
"""
