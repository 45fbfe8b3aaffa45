"""The bounce mailbox: what mail servers and readers write back, read, matched and acted on."""
