import type { Connection } from 'libvirt-napi';
import { listInterfaces, listMachines } from '../steps/list-machines.js';
import { say, table } from '../support/terminal.js';
import type { Chapter } from './walk.js';

export async function showMachines(connection: Connection, which: 'all' | 'running'): Promise<void> {
  const rows = await listMachines(connection, which);
  table(
    ['Id', 'Name', 'State'],
    rows.map(({ id, name, state }) => [id === null ? '-' : String(id), name, state]),
  );
}

export const machines: Chapter = {
  title: '3  Machines',
  run: async ({ connection }) => {
    for (const which of ['running', 'all'] as const) {
      say(which === 'running' ? 'Running machines:' : 'All machines:');
      await showMachines(connection, which);
    }
    say('Their interfaces, and the networks that these are on:');
    const interfaces = await listInterfaces(connection);
    table(
      ['Machine', 'Type', 'Network', 'Interface', 'MAC'],
      interfaces.map(({ machine, type, source, device, mac }) => [
        machine,
        type,
        source ?? '-',
        device ?? '-',
        mac ?? '-',
      ]),
    );
  },
};
