"""The line and its transactions: each module runs one stage between the store and the outside.

Transactions begin and end here, one source or one batch each; no network and no model works inside one.
The one-shot commands and the daemon call the same functions. ``say`` takes progress, in plain words or as
a count of what is done; what a function returns is what it has committed.
"""
