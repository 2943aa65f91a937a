"""A test as it is published: why it cannot be, what its paper holds, how it is shown, marked and compared."""
