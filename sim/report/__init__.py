"""Figures drawn from stored results. Nothing here imports the model, and matplotlib is imported only here.

``sim.report.load`` reads a result folder; ``sim.report.figures`` draws. Only the latter loads matplotlib.
"""
