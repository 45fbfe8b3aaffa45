"""Asks other servers for documents, and trusts none of them.

Comes in: an address, what is known of it, what may come back. Goes out: an `Answer`, or a
`FetchError` of one line.

    client      requests, redirects one by one, status and content type
    robots      what a site asks of programs
    rate        pauses between two requests to one host
    body        compressed or not, bounded
    network     connects to the very address that was checked, within a time
    addresses   which addresses may be reached
    allowed     the setting that names hosts on private networks
"""
