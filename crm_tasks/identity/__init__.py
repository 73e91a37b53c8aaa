"""Pure: which source record is which customer."""
