"""Turns picked comparisons into the content of an issue, without any markup.

Comes in: comparison views, the lead first. Goes out: `content.Content`, which the templates show,
and a proposed subject and preheader.
"""
