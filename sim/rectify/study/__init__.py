"""Studies: designs of many runs, their execution, and the datasets they leave."""
