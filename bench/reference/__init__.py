"""What Anyport is measured against: the usual way to write a ChatKit server, and the least that any could do."""
