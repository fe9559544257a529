"""From a `SourceTree` to stacks: one front end per format, none of which knows a rule."""
