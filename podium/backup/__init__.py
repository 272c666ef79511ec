"""`podium backup` and `podium restore`: one file that a lost machine is made again from."""
