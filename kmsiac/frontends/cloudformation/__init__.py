"""The CloudFormation front end: a template, evaluated as far as it can be before deployment."""
