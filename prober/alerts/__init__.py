"""Who is told of an incident, and how: from stored changes to what was sent."""
