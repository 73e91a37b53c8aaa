"""What customers say: language, masking, labels, summaries, topics; tables in, tables out."""
