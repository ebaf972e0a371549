"""What pages read from disk or ask of a model, kept in memory as long as the files stay the same."""
