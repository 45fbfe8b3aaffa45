"""How an issue reaches its recipients: the ledger, and the providers that accept mail."""
