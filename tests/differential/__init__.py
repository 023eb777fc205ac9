"""The engine and the reference model side by side, day by day and column by column."""
