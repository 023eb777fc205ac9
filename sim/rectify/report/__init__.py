"""Figures drawn from stored results. Nothing here imports the model, and matplotlib is imported only here.

``rectify.report.load`` reads a result folder; ``rectify.report.figures`` draws. Only the latter loads matplotlib.
"""
