"""A small telecom to practise on: IVR, web hall and SMS centre before one database; it imports nothing of the robot."""
