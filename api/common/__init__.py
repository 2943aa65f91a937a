"""What all views and consumers share: who asks, what they may, how refusals, lists and shapes look."""
