"""Types of questions, a small module each. To add one, write its module here and name it in ``registry``."""
