// Loaded into the peer before it starts: its pause of 0.3 to 1 s between the starts of monitors, which would take an hour for
// thousands of them, is made as short as the bench asks for. Nothing else of it is changed.
const util = require(process.env.BENCH_PEER + "/src/util");
const sleep = util.sleep;
util.sleep = (ms) => sleep(ms >= 300 && ms <= 1000 ? Number(process.env.BENCH_PAUSE_MS) : ms);
