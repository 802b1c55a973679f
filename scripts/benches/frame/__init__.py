"""What all benches share: the plan and the result, the machine, the page they are published on."""
