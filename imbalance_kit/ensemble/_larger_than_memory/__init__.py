"""Tables larger than memory: Parquet files and dask collections."""
