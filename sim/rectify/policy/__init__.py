"""Policy as data: violation kinds, sanctions, rulebooks and campaigns, compiled to arrays before day 0."""
