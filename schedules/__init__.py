"""When: rules in time and their due times.

Stands alone: it imports nothing of `digest`; what a due time sets off is handed in.
"""
