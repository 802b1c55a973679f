"""May it go live? Samples of runs against floors, limits and a baseline, and what that proves."""
