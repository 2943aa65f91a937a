"""Files that are sent to do harm, or that are simply broken, in all formats: built by code, refused by name."""
