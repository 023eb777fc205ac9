"""The account model written a second time, to be obviously right: agents, dicts, lists and loops, from the ODD."""
