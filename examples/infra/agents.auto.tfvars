# dcosmaint edits the two AMIs in this file; every other byte of it stays.
dcos_agent_ami        = "ami-0123456789abcdef0"
dcos_public_agent_ami = "ami-0123456789abcdef0"

subnet_ids         = ["subnet-0a", "subnet-0b", "subnet-0c"]
security_group_ids = ["sg-0123456789abcdef0"]
key_name           = "prod"
