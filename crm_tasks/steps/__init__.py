"""Shell: the steps of a run: read, pure call, write, report."""
