"""Shell: the outside world becomes records."""
