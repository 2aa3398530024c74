"""From stored readings to judgements: codebook, passages, classifiers, aggregation."""
