"""What the checks in Interop/checks have in common. Python 3.9 or newer, standard library only."""
