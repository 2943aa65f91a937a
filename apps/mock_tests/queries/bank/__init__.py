"""The bank: its questions and topics, where they are used, and what plans find in it."""
