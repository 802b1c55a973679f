"""What an ear is played by the bench of hearing: recordings, telephone lines that spoil them, and what is no prompt."""
