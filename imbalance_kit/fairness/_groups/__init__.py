"""Groups of rows by sensitive features: what all folders beside this one stand on."""
