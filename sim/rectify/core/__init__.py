"""Engine parts without a word of the domain: draws, sampling, tables, kernels, schedule, parameters."""
