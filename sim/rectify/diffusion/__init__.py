"""Runs of the message-level audience alone, on a fixed graph: the experiment of Truong et al. (2025)."""
