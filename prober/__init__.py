"""
A robot that is a customer: it probes a telecom operator's IVR, web hall and SMS commands, and times every step.

The floors, from the top: cli, app, runner, channels | store | reports, loading | judge, model, errors. A lower one
never imports an upper one. `prober.demo` is a small telecom to practise on and knows nothing of the robot.
"""
