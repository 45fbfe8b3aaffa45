"""Decide what a failed delivery says about its address, and what follows for the subscriber.

Comes in: an SMTP reply, a provider's code or a bounce report. Goes out: a bounce type (hard, soft
or none), and a suppression where the policy asks for one.
"""
