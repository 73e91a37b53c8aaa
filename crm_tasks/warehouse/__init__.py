"""Shell: the only package that opens DuckDB, the lake and the ops store."""
