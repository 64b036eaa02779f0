# The AMI of an agent node. Nothing is provisioned here: an image of a pretend node has nothing in it.

variable "dcosmaint_roll" {
  type    = string
  default = ""
}

variable "endpoint" {
  type = string
}

variable "source_ami" {
  type = string
}

locals {
  now = formatdate("YYYYMMDDhhmmss", timestamp())
}

source "amazon-ebs" "agent" {
  access_key             = "test"
  secret_key             = "test"
  region                 = "us-east-1"
  custom_endpoint_ec2    = var.endpoint
  skip_region_validation = true
  source_ami             = var.source_ami
  instance_type          = "m5.2xlarge"
  communicator           = "none"
  ami_name               = "dcos-agent-${local.now}"

  tags = {
    "dcosmaint:roll" = var.dcosmaint_roll
  }
}

build {
  sources = ["source.amazon-ebs.agent"]
}
