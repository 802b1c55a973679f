"""What `scripts/bench gate` judges by simulation: runs made up, a rule to compare with, the watch after a launch."""
