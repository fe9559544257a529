"""kmsiac: who can use your KMS keys, decided before you deploy."""

__version__ = "0.1.0"
