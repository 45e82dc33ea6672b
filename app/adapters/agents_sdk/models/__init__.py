"""Models as a run uses them: from the catalog, with fallbacks, counted and filtered by capabilities."""
