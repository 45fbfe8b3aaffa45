"""What comes back: events about deliveries, and what they mean."""
