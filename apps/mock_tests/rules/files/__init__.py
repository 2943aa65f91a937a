"""Files as such, whatever they hold: archives, XML, plain text, pictures and recordings."""
