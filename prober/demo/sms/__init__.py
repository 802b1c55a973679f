"""The demo operator's SMS centre: SMPP 3.4 on asyncio, and the service number 10086 behind it."""
