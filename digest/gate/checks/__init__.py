"""The gate's checks, one file for each family.

Comes in: a `SampleMessage`. Goes out: findings. No check knows another one, or the policy.
"""
