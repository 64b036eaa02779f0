"""Whole rolls on pretend clusters, judged by what happened to the cluster and never by what the tool says of itself."""
