# The AMI of a DC/OS agent node. The tag dcosmaint:roll is what a roll finds its AMI by, also after it was interrupted.

variable "dcosmaint_roll" {
  type        = string
  description = "Id of the roll that bakes this AMI; dcosmaint sets it."
}

variable "region" {
  type    = string
  default = "us-east-1"
}

variable "source_ami" {
  type        = string
  description = "The AMI to start from, of the same architecture as the nodes."
}

variable "endpoint" {
  type        = string
  default     = ""
  description = "An AWS-compatible endpoint, for rehearsals; empty means AWS."
}

source "amazon-ebs" "agent" {
  region                 = var.region
  custom_endpoint_ec2    = var.endpoint
  skip_region_validation = var.endpoint != ""
  source_ami             = var.source_ami
  instance_type          = "m5.large"
  ssh_username           = "centos"
  ami_name               = "dcos-agent-${var.dcosmaint_roll}"

  tags = {
    "dcosmaint:roll" = var.dcosmaint_roll
    Name             = "dcos-agent"
  }
}

build {
  sources = ["source.amazon-ebs.agent"]

  # What a node of yours has beside DC/OS: the docker and ssh configuration, monitoring, kernel settings. DC/OS itself
  # and its agent role are installed by the instance's user data, or here.
  provisioner "shell" {
    inline = ["sudo yum -y update"]
  }
}
