"""The SendGrid provider: v3 mail/send, up to 1,000 recipients a request.

Comes in: an edition and batches of recipients. Goes out: an outcome for each recipient.
"""
