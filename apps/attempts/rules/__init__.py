"""Time, receipts, marks and percentages of attempts, as plain Python."""
