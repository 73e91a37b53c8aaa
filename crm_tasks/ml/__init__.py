"""Pure: features become segments and predictions."""
