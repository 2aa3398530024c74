"""Weekly counts in, shares, intervals and comparisons out; nothing here reads or writes anything."""
