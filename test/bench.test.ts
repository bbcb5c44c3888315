import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { machineXML } from '../bench/machine-xml.js';
import { measureAll } from '../bench/measure.js';
import type { Measurement } from '../bench/measurements.js';
import type { Peer } from '../bench/peers.js';
import { onThisMachine, type Place } from '../bench/place.js';
import { aimLines, aims, median, table } from '../bench/report.js';
import { Connection } from '../lib/index.js';

/** A client that answers the commands in turn. */
const answering = (...answers: string[]): string[] => {
  const script = `const answers = ${JSON.stringify(answers)};
    console.log('ready');
    require('readline').createInterface(process.stdin).on('line', () => {
      const answer = answers.shift();
      if (answer === undefined) throw new Error('has no more');
      console.log(answer);
    });`;
  return [process.execPath, '-e', script];
};

const measurement: Measurement = {
  id: 'sequential-socket',
  commands: ['info test:///default 1'],
  rounds: 3,
  rows: [{ title: 'getInfo', unit: 'µs', part: 0 }],
};

describe('the benchmark', () => {
  let place: Place;
  beforeAll(() => {
    place = onThisMachine('no libvirtd: told so');
  });
  afterAll(() => place.leave());

  it('says why a peer has no numbers', async () => {
    const peers: Peer[] = [
      { id: 'c', title: 'C', command: [], missing: 'no compiler' },
      { id: 'python', title: 'Python', command: answering('1') },
    ];
    const results = await measureAll(place, peers, [measurement]);
    expect(results.get(measurement.id)?.get('c')).toBe('no compiler');
    expect(results.get(measurement.id)?.get('python')).toBe('has no more');
    expect(table(peers, [measurement], results)).toContain('– C: no compiler');
  });

  it('leaves out what needs a libvirtd where there is none', async () => {
    const peers: Peer[] = [{ id: 'raw', title: 'raw', command: answering('1') }];
    const results = await measureAll(place, peers, [{ ...measurement, needsDaemon: true }]);
    expect(results.get(measurement.id)?.get('raw')).toBe('no libvirtd: told so');
    expect(aimLines(aims([measurement], results))).toContain('not measured');
  });

  it('gives the median and the ratio of the same round, without the rounds that warm up', async () => {
    const peers: Peer[] = [
      { id: 'c', title: 'C', command: answering('9', '0.1', '0.4', '0.2') },
      { id: 'raw', title: 'raw', command: answering('9', '0.3', '0.4', '0.3') },
    ];
    const results = await measureAll(place, peers, [measurement]);
    expect(results.get(measurement.id)?.get('raw')).toEqual([[0.3], [0.4], [0.3]]);
    expect(table(peers, [measurement], results)).toMatch(/getInfo +µs +200\.0 +300\.0 ×1\.50/);
    const [overC] = aims([measurement], results);
    expect(overC).toMatchObject({ title: 'raw: getInfo over the socket', limit: 1.1, reached: false });
    expect(overC?.value).toBeCloseTo(1.5);
  });

  it('holds what is its own against a C program that does not block its event loop either', async () => {
    const peers: Peer[] = [
      { id: 'c', title: 'C', command: answering('9', '0.1', '0.1', '0.1') },
      { id: 'c-loop', title: 'C, event loop', command: answering('9', '0.2', '0.4', '0.2') },
      { id: 'raw', title: 'raw', command: answering('9', '0.2', '0.4', '0.2') },
    ];
    const results = await measureAll(place, peers, [measurement]);
    const found = aims([measurement], results).find(({ title }) => title.includes('C with an event loop'));
    expect(found).toMatchObject({ title: 'raw: getInfo over the socket, against C with an event loop', value: 1 });
    expect(found?.reached).toBe(true);
  });

  it('takes the middle', () => {
    expect(median([])).toBeUndefined();
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  it('makes machines that the test driver can read', async () => {
    const connection = await Connection.open(`test://${place.file('machine.xml', machineXML(3))}`);
    const names = (await connection.listAllDomains()).map(({ name }) => name).sort();
    expect(names).toEqual(['machine-0', 'machine-1', 'machine-2']);
    await connection.close();
  });
});
