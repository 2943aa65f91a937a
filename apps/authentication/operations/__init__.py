"""All writes on people, sessions and tickets."""
