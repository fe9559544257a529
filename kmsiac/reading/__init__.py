"""Bytes to text to positioned nodes: the only place that opens what is scanned."""
