"""A small stand-in for Terraform's hashicorp/aws: the real plugin protocol, and what the sandbox's code uses of it."""
