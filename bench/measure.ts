import { Client } from './client.js';
import type { Measurement } from './measurements.js';
import type { Peer, PeerId } from './peers.js';
import type { Place } from './place.js';

/** The numbers of each round, or why there are none. */
export type Outcome = number[][] | string;
export type Results = Map<string, Map<PeerId, Outcome>>;

/** Runs everything. In each round every peer has its turn, so that what disturbs the machine disturbs all of them. */
export async function measureAll(
  place: Place,
  peers: readonly Peer[],
  all: readonly Measurement[],
  say: (line: string) => void = () => undefined,
): Promise<Results> {
  const clients = new Map<PeerId, Client>();
  const start = async ({ command: [program = '', ...args] }: Peer): Promise<Client> =>
    Client.start(place.spawn(program, args));

  const once = async (peer: Peer, { commands, fresh = false }: Measurement): Promise<number[]> => {
    const client = (fresh ? undefined : clients.get(peer.id)) ?? (await start(peer));
    if (!fresh) clients.set(peer.id, client);
    const answers: number[] = [];
    for (const command of commands) answers.push(...(await client.ask(command)));
    if (fresh) await client.end();
    return answers;
  };

  const measure = async (measurement: Measurement): Promise<Map<PeerId, Outcome>> => {
    const outcomes = new Map<PeerId, Outcome>();
    for (const { id, missing } of peers) outcomes.set(id, missing ?? []);
    const warmUp = Math.ceil(measurement.rounds / 6);
    for (let round = -warmUp; round < measurement.rounds; round++) {
      const turn = (round + warmUp) % peers.length;
      for (const peer of [...peers.slice(turn), ...peers.slice(0, turn)]) {
        if (measurement.without?.includes(peer.id) === true) continue;
        const outcome = outcomes.get(peer.id);
        if (!Array.isArray(outcome)) continue;
        try {
          const answers = await once(peer, measurement);
          if (round >= 0) outcome.push(answers);
        } catch (error) {
          clients.delete(peer.id);
          outcomes.set(peer.id, error instanceof Error ? error.message : String(error));
        }
      }
    }
    return outcomes;
  };

  const results: Results = new Map();
  for (const measurement of all) {
    const { id, needsDaemon = false } = measurement;
    const { noDaemon } = place;
    if (needsDaemon && noDaemon !== undefined) {
      results.set(id, new Map(peers.map((peer) => [peer.id, noDaemon])));
      continue;
    }
    say(`bench: ${id}`);
    results.set(id, await measure(measurement));
  }
  for (const client of clients.values()) await client.end();
  return results;
}
