"""Every change of another library's behaviour."""
