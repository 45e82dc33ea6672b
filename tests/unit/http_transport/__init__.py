"""HTTP transport of the providers, against upstreams that write bytes by hand."""
