"""Shell: expectations as data, checked by Great Expectations."""
