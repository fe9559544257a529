"""The IAM policy language: documents, statements, principals, actions, resources, conditions."""
