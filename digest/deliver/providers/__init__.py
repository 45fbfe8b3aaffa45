"""What accepts mail: Maildir, SMTP and SendGrid behind one contract (`base`).

Comes in: an edition and batches of recipients. Goes out: an outcome for each: accepted with the
provider's id, rejected with a code, or unknown.
"""
