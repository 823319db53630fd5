"""A kept model for other platforms: MLflow, KServe, Docker. Each takes rows as the table had them.

What is exported holds the preparation; a bare estimator would take codes and fail in silence.
"""
