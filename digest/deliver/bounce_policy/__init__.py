"""What a failed delivery says about its address, and what follows for the subscriber.

Comes in: an SMTP reply, a provider's code or a bounce report. Goes out: hard, soft or neither, and
a suppression where the policy asks for one.
"""
