"""Files of other tools and the center's own: what a test is in between (``draft``), and each format read and written."""
