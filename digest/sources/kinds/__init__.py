"""Reads each kind of document: bytes in, entries out; nothing here asks a server.

detect      which kind a document is
feed        RSS and Atom (`feed_xml`; large ones apart, by `feed_process`), JSON Feed
sitemap     sitemaps and their indexes, as XML or as lines of text
page_list   the links of an HTML page, or lines of addresses
json_form   comparisons in this project's own form
folder      files
entry       what all of them return
"""
