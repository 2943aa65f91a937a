"""Types of questions, a folder each. To add one, add its folder: ``base`` says what stands in it, ``registry`` finds it."""
