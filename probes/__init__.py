"""Look at a company's data, environment, systems and governance; source in, findings out."""
