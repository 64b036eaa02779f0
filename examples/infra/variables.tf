variable "region" {
  type    = string
  default = "us-east-1"
}

variable "dcos_agents" {
  type        = number
  default     = 10
  description = "How many private agents the cluster has."
}

variable "dcos_public_agents" {
  type        = number
  default     = 2
  description = "How many public agents the cluster has. A roll needs two: one goes while the other serves."
}

variable "dcos_agent_ami" {
  type        = string
  description = "AMI of the private agents. A roll writes it into agents.auto.tfvars."
}

variable "dcos_public_agent_ami" {
  type        = string
  description = "AMI of the public agents. A roll writes it into agents.auto.tfvars."
}

variable "instance_type" {
  type    = string
  default = "m5.2xlarge"
}

variable "subnet_ids" {
  type        = list(string)
  description = "Subnets of the agents, one in each zone."
}

variable "security_group_ids" {
  type = list(string)
}

variable "key_name" {
  type        = string
  description = "EC2 key pair for SSH."
}
