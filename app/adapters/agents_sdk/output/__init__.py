"""What the user sees of a run: messages, workflow steps, images, citations and widgets."""
