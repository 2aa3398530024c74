"""Schedule: when the stages run, never what they do. `monitor.schedule.daemon` is the daemon.

The scheduler only ticks. What is due, leased or done stands in the database, so that a restart, a clock
that jumps or a second daemon neither loses nor doubles anything.
"""
