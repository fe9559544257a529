"""Stacks to keys, policies, grants, endpoints and identities, and how they hang together."""
