"""What Scripts/check-paths consists of. Python 3.9 or newer, standard library, and what Interop/support offers."""
