"""Parts of the composition root that are wired apart from the rest."""
