"""Pure: records of a source become landing rows."""
