"""Matches to findings: places, fingerprints, ignores, baseline."""
