"""Files from elsewhere: read, planned, validated, applied as one and undone as one."""
