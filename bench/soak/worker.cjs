// One worker of a soak: makes its calls and ends, or goes on until it is terminated in mid-call.
'use strict';
const { parentPort, workerData } = require('node:worker_threads');
const { soak } = require('./mix.cjs');

void soak(workerData.calls, () => parentPort.postMessage('round')).then((calls) => parentPort.postMessage(calls));
