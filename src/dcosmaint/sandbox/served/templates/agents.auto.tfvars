# The AMI of all agent nodes. The next one is in the sandbox already: $next_ami
dcos_agent_ami = "$ami"
