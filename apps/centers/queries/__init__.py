"""All reads of centers, and of schemas as a whole."""
