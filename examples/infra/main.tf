# The agent nodes of one DC/OS cluster, in the form that a roll needs.

terraform {
  required_version = ">= 1.3"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 4.0"
    }
  }
}

provider "aws" {
  region = var.region
}

resource "aws_instance" "dcos_agent_node" {
  count = var.dcos_agents

  ami                    = var.dcos_agent_ami
  instance_type          = var.instance_type
  subnet_id              = var.subnet_ids[count.index % length(var.subnet_ids)]
  vpc_security_group_ids = var.security_group_ids
  key_name               = var.key_name

  # A roll writes the new AMI into the variable first and replaces the nodes one after another. Without this line any
  # plain `terraform apply` in between, of anybody, would replace every node that is left, all at once.
  lifecycle {
    ignore_changes = [ami]
  }

  tags = {
    Name = "dcos-agent-${count.index}"
  }
}

resource "aws_instance" "dcos_public_agent_node" {
  count = var.dcos_public_agents

  ami                    = var.dcos_public_agent_ami
  instance_type          = var.instance_type
  subnet_id              = var.subnet_ids[count.index % length(var.subnet_ids)]
  vpc_security_group_ids = var.security_group_ids
  key_name               = var.key_name

  lifecycle {
    ignore_changes = [ami]
  }

  tags = {
    Name = "dcos-public-agent-${count.index}"
  }
}
