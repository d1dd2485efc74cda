"""Forms for readers and moderators."""
