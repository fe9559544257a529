"""The rule language: model, loader, vocabulary, and the engine that gives Matches."""
