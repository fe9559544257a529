"""Terraform: HCL folders and plan JSON to stacks."""
