"""From samples of a company's files to a proposed profile: pure, no file is opened here."""
