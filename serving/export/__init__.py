"""A kept model for other platforms: MLflow, MLServer, KServe, Docker.

Each takes rows as the table had them: what is exported holds the preparation. A bare estimator
would take codes and fail in silence.
"""
