// The walk-through: set-up, build, and the example run as if it had been started itself.
import { compiled, start } from './example.mjs';
import { main } from './util.mjs';

await main(import.meta.url, async (args) => start(await compiled('walkthrough'), args));
