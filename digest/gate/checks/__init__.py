"""The gate's checks, one file for each family.

Comes in: a `SampleMessage`. Goes out: findings. A check neither knows the others nor the policy.
"""
