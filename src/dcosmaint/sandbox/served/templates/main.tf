# The agent nodes of the pretend cluster, as a team would write them.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
  backend "local" {}
}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
  endpoints {
    ec2 = var.endpoint
  }
}

variable "dcos_agent_ami" {
  description = "The AMI of all agent nodes, private and public."
  type        = string
}

variable "endpoint" {
  type = string
}

variable "subnets" {
  description = "One in each zone."
  type        = list(string)
}

variable "private_nodes" {
  type = number
}

variable "public_nodes" {
  type = number
}

variable "ledger" {
  description = "What the ledger is made of: another value makes it anew."
  type        = string
  default     = "1"
}

# What else the team has, and no node's maintenance may touch.
resource "terraform_data" "ledger" {
  triggers_replace = var.ledger
}

resource "aws_instance" "dcos_agent_node" {
  count         = var.private_nodes
  ami           = var.dcos_agent_ami
  instance_type = "m5.2xlarge"
  subnet_id     = var.subnets[count.index % length(var.subnets)]

  tags = {
    Name                = "dcos-agent-${count.index}"
    "dcosmaint:address" = "aws_instance.dcos_agent_node[${count.index}]"
  }

  depends_on = [terraform_data.ledger]

  lifecycle {
    ignore_changes = [ami]
  }
}

resource "aws_instance" "dcos_public_agent_node" {
  count         = var.public_nodes
  ami           = var.dcos_agent_ami
  instance_type = "m5.2xlarge"
  subnet_id     = var.subnets[(var.private_nodes + count.index) % length(var.subnets)]

  tags = {
    Name                = "dcos-public-agent-${count.index}"
    "dcosmaint:address" = "aws_instance.dcos_public_agent_node[${count.index}]"
    "dcosmaint:public"  = "true"
  }

  depends_on = [terraform_data.ledger]

  lifecycle {
    ignore_changes = [ami]
  }
}
