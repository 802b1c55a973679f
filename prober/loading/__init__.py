"""From the files people write to the model: no input or output but files, and every mistake told at once."""
