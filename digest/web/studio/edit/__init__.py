"""The page on which an issue is edited, with the preview beside it.

Comes in: forms with an editor's changes and the revision that they saw; texts as they are typed.
Goes out: the page, the mail as it would go out, and a stream of what others change meanwhile.
"""
