"""What the evolutionary algorithms are worth: beside random search, and with their shortcuts."""
