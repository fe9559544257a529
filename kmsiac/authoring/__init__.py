"""What rule authors use: examples as tests, mutants of terms, generated pages."""
