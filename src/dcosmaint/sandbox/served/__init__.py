"""The pretend cluster over real wires, on the loopback: HTTP for DC/OS, moto for AWS, an SSH server a node."""
