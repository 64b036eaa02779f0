"""Replace every agent node of a DC/OS cluster on AWS, while its users notice nothing."""
