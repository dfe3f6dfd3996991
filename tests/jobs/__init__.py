"""Background work: jobs, and whoever runs them."""
