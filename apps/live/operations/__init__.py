"""What can be done, a file a story; imported one by one."""
