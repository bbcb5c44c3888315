import { describe, expect, it } from '@jest/globals';

import type { ErrorRecord } from '../lib/native-types.js';
import { adviseOnOpen, noPromptUri, processOpenEnvironment } from '../lib/open-advice.js';
import { failure, machine, rows, ssh } from './open-advice-rows.js';

describe('advice on a failed open', () => {
  it.each(Object.entries(rows))('%s', (_, { uri, error, machine: here, target, hints }) => {
    const advice = adviseOnOpen(uri, error, machine(here));
    expect(advice.target).toBe(target);
    for (const [i, words] of hints.entries()) expect(advice.hints[i]).toContain(words);
    expect(advice.hints).toHaveLength(hints.length);
  });

  // All but those that have a hint of their own, whatever libvirt says.
  const uris = Object.values(rows).flatMap(({ uri }) => (uri?.includes('://system') ? [] : [uri]));
  const strange: [string, ErrorRecord][] = [
    ['a code of the future', failure(4711, 0, 'something new')],
    ['a failure of memory', failure(2, 0, 'out of memory')],
    ['an errno that is not known', failure(38, 7, 'something new', 4711)],
    ['no domain and no errno', { code: 38, message: '', operation: 'virConnectOpen' }],
    ['a code of our own', { code: 'ERR_LIBVIRT_ABANDONED', message: 'gave up', operation: 'virConnectOpen' }],
  ];

  it.each(strange)('says nothing wrong of %s', (_, error) => {
    for (const uri of uris) {
      const advice = adviseOnOpen(uri, error, machine());
      expect(advice.target).not.toBe('');
      expect([uri, advice.hints]).toEqual([uri, []]);
    }
  });

  it('fits any error to any URI without throwing', () => {
    for (const { uri } of Object.values(rows)) {
      for (const { error } of Object.values(rows)) {
        const { target, hints } = adviseOnOpen(uri, error, machine({ files: [] }));
        expect([typeof target, ...hints.map((hint) => typeof hint)].every((type) => type === 'string')).toBe(true);
        expect(`${target} ${hints.join(' ')}`).not.toMatch(/undefined|NaN|\[object/);
      }
    }
  });

  it('shows no password', () => {
    const { target, hints } = adviseOnOpen(
      'qemu+ssh://david:s3cret@h/system',
      ssh('Host key verification failed.'),
      machine(),
    );
    expect(target).toBe('david@h by ssh');
    expect(hints).toHaveLength(1);
    expect(hints.join()).not.toContain('s3cret');
  });

  it('looks at the real machine by default', () => {
    const here = processOpenEnvironment();
    expect(here.uid).toBe(process.geteuid?.());
    expect(here.user).toEqual(expect.any(String));
    expect(here.exists(process.execPath)).toBe(true);
    expect(here.exists('/no/such/file')).toBe(false);
    expect(here.groups).toEqual(expect.arrayContaining([expect.any(String)]));
    expect(adviseOnOpen('test:///no/such/file.xml', failure(27, 12, 'XML error'), undefined).hints).toHaveLength(1);
  });
});

describe('a URI that never prompts', () => {
  it.each([
    ['qemu+ssh://h/system', 'qemu+ssh://h/system?no_tty=1'],
    ['qemu+SSH://u@h:22/system', 'qemu+SSH://u@h:22/system?no_tty=1'],
    ['xen+ssh://h', 'xen+ssh://h?no_tty=1'],
    ['qemu+ssh://h/system?keyfile=%2Fk', 'qemu+ssh://h/system?keyfile=%2Fk&no_tty=1'],
    ['qemu+ssh://h/system?a=1;b=2', 'qemu+ssh://h/system?a=1;b=2;no_tty=1'],
    ['qemu+ssh://h/system#f', 'qemu+ssh://h/system?no_tty=1#f'],
    ['qemu+ssh:///system?', 'qemu+ssh:///system?no_tty=1'],
  ])('%s', (uri, quiet) => {
    expect(noPromptUri(uri, false)).toBe(quiet);
    expect(noPromptUri(uri, true)).toBe(uri);
  });

  it.each([
    '',
    'hail',
    'ssh',
    'gar bage',
    'qemu:///system',
    'qemu://h/system',
    'qemu+ssh://h/system?no_tty=0',
    'qemu+ssh://h/system?NO_TTY=1',
    'qemu+ssh://h/system?no_tty',
    'qemu+libssh://h/system',
    'qemu+libssh2://h/system?keyfile=/k',
    'qemu+ext:///system?command=/ssh',
    'qemu+tcp://ssh/system',
    'test:///+ssh',
    'esx://h/%7e?no_verify=1',
  ])('leaves %j as it is', (uri) => {
    expect(noPromptUri(uri, false)).toBe(uri);
  });
});
