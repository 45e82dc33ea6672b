"""The composition root, part by part: each knows which adapters stand behind its ports."""
