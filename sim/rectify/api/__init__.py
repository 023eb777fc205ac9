"""What the command line does, in Python with objects: the functions that ``rectify`` itself offers."""
