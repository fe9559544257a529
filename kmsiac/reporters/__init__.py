"""Results of a scan as text for people and machines."""
