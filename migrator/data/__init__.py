"""Online data migrations: named units of data work in bounded, resumable batches."""
