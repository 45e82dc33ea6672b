"""Services that write speech down."""
