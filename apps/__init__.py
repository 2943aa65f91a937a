"""The rooms of the house: one app per line of business, calls going down, events coming up."""
