import { inspect } from 'node:util';

import { describe, expect, it } from '@jest/globals';

import type { UriEnvironment } from '../lib/connection-uri-explain.js';
import { ConnectionUri, type ConnectionUriParts } from '../lib/connection-uri.js';
import { rows } from './connection-uri-rows.js';

const user: UriEnvironment = { uid: 1000, platform: 'linux', variables: { XDG_RUNTIME_DIR: '/run/user/1000' } };
const root: UriEnvironment = { uid: 0, platform: 'linux', variables: {} };

describe('building misuse', () => {
  it.each<[string, ConnectionUriParts, typeof TypeError]>([
    ['no driver', { path: '/system' }, TypeError],
    ['a transport alone', { transport: 'ssh' }, TypeError],
    ['a driver that is none', { driver: 'qemu://' }, TypeError],
    ['a driver with a plus', { driver: 'qemu+ssh' }, TypeError],
    ['a transport that is none', { driver: 'qemu', transport: 'ssh://x' }, TypeError],
    ['a port out of range', { driver: 'qemu', host: 'h', port: 65536 }, RangeError],
    ['a port that is no integer', { driver: 'qemu', host: 'h', port: 1.5 }, RangeError],
    ['a negative port', { driver: 'qemu', host: 'h', port: -1 }, RangeError],
    ['a host that breaks out of its brackets', { driver: 'qemu', host: '::1]/x' }, TypeError],
    ['a NUL', { driver: 'qemu', path: '/a\0b' }, TypeError],
    ['a parameter without a name', { driver: 'qemu', params: { '': 'x' } }, TypeError],
  ])('refuses %s', (_, parts, error) => {
    expect(() => ConnectionUri.build(parts)).toThrow(error);
  });

  it('refuses to add parts to an alias', () => {
    expect(() => ConnectionUri.parse('hail').with({ params: { a: 'b' } })).toThrow(TypeError);
    expect(() => ConnectionUri.parse('hail').withParam('a', 'b')).toThrow(TypeError);
  });
});

describe('every kind of URI', () => {
  it.each(Object.entries(rows))('%j', (text, row) => {
    const uri = ConnectionUri.parse(text);
    expect({
      driver: uri.driver,
      transport: uri.transport,
      user: uri.user,
      host: uri.host,
      port: uri.port,
      path: uri.path,
      scope: uri.scope,
      params: uri.params,
      by: uri.effectiveTransport,
      local: uri.isLocal,
    }).toEqual({
      driver: row.driver,
      transport: row.transport,
      user: row.user,
      host: row.host,
      port: row.port,
      path: row.path,
      scope: row.scope,
      params: row.params ?? [],
      by: row.by,
      local: row.local,
    });
    expect(uri.isInProcess).toBe(row.by === 'none');

    expect(uri.toString()).toBe(text);
    expect(JSON.stringify({ uri })).toBe(JSON.stringify({ uri: text }));
    if (uri.driver !== undefined) {
      const { driver, transport, user: name, host, port, path, params } = uri;
      const built = ConnectionUri.build({ driver, transport, user: name, host, port, path, params });
      for (const key of ['driver', 'transport', 'user', 'host', 'port', 'path', 'params'] as const) {
        expect([key, built[key]]).toEqual([key, uri[key]]);
      }
    }

    const explained = uri.explain(user);
    for (const words of row.says) expect(explained.text).toContain(words);
    expect(explained.warnings).toHaveLength(row.warns?.length ?? 0);
    for (const [i, words] of (row.warns ?? []).entries()) expect(explained.warnings[i]).toContain(words);
  });

  it('gives the parts of the explanation one by one', () => {
    expect(ConnectionUri.parse('qemu+ssh://david@rocinante:2222/system').explain(user)).toEqual({
      driver: 'QEMU/KVM',
      where: 'rocinante (the system instance)',
      how: 'over ssh as david, port 2222',
      daemon: 'libvirtd or virtqemud on rocinante',
      warnings: [],
      text:
        'QEMU/KVM on rocinante (the system instance), reached over ssh as david, port 2222. ' +
        'Answered by libvirtd or virtqemud on rocinante.',
    });
  });

  it('explains for the real process by default', () => {
    expect(ConnectionUri.parse('qemu:///system').explain().text).toContain('libvirt-sock');
  });
});

describe('warnings', () => {
  it.each([
    ['qemu://session/', 'three: qemu:///session'],
    ['lxc://system/', 'three: lxc:///system'],
    ['test://default', 'three: test:///default'],
    ['qemu+unix://h/system', "the host 'h' is refused"],
    ['qemu+foo://h/system', "transport 'foo'"],
    ['qemu+://h/system', "transport ''"],
    ['qemu+ext:///system', 'command='],
    ['qemu:///embed', 'needs a directory'],
    ['qemu:///embed?root=x', 'absolute'],
    ['lxc:///embed?root=/x', 'cannot be embedded'],
    ['qemu+ssh://h/embed?root=/x', 'no transport and no host'],
    ['qemu:///', 'neither /system nor /session'],
    ['qemu+ssh://h/system?no_tty=true', 'takes 0 or 1'],
    ['qemu:///system?mode=foo', 'takes auto, direct, legacy'],
    ['qemu+ssh://h/system?proxy=foo', 'takes auto, native, netcat'],
    ['esx:///', 'needs a host'],
    ['vpx://h/', 'datacenter'],
    ['test:///', 'test:///default'],
    ['qemu:///sys tem', 'no valid URI'],
    ['qemu:///system?x=%zz', 'no valid URI'],
    ['a_b:///x', 'no valid URI'],
    ['/x', 'begins with a driver'],
    ['qemu+ssh://h/system?known_hosts_verify=ignore', 'no_verify=1'],
    ['qemu+tls://h:99999/system', 'no port 99999'],
    ['qemu+ssh://u:secret@h/system', 'no password'],
    ['uml:///system', 'no longer'],
  ])('%s', (text, words) => {
    expect(ConnectionUri.parse(text).explain(user).warnings.join('\n')).toContain(words);
  });

  it('tells root that its session is the system', () => {
    const { text, warnings } = ConnectionUri.parse('qemu:///session').explain(root);
    expect(text).toContain('/run/libvirt/libvirt-sock');
    expect(warnings).toEqual([expect.stringContaining('For root')]);
  });

  it('does not warn of a host called system where a transport is named', () => {
    expect(ConnectionUri.parse('qemu+ssh://system/system').explain(user).warnings).toEqual([]);
  });
});

describe('sockets of a session', () => {
  it.each<[UriEnvironment['variables'], string]>([
    [{ XDG_RUNTIME_DIR: '/r', HOME: '/h' }, '/r/libvirt/libvirt-sock'],
    [{ HOME: '/h' }, '/h/.cache/libvirt/libvirt-sock'],
    [{ HOME: '/h', XDG_CACHE_HOME: '/c' }, '/c/libvirt/libvirt-sock'],
  ])('%j', (variables, socket) => {
    const { daemon } = ConnectionUri.parse('qemu:///session').explain({ uid: 1000, platform: 'linux', variables });
    expect(daemon).toContain(socket);
  });
});

describe('passwords', () => {
  const text = 'qemu+ssh://david:s3cret@rocinante/system';

  it.each([text, 'qemu+ssh://david%3As3cret@rocinante/system', 'qemu+ssh://david:s3@cret@rocinante/system'])(
    'are not shown: %s',
    (uri) => {
      const parsed = ConnectionUri.parse(uri);
      for (const shown of [inspect(parsed), parsed.toDisplayString(), inspect(parsed.explain(user), { depth: null })]) {
        expect(shown).toContain('david');
        expect(shown).not.toMatch(/s3|cret/);
      }
      expect(parsed.toString()).toBe(uri);
    },
  );

  it('are not shown from LIBVIRT_DEFAULT_URI', () => {
    const explained = ConnectionUri.parse('').explain({ ...user, variables: { LIBVIRT_DEFAULT_URI: text } });
    expect(explained.text).toContain('qemu+ssh://david:***@rocinante/system');
    expect(inspect(explained)).not.toContain('s3cret');
  });

  it('leave the rest of what inspect prints', () => {
    expect(inspect(ConnectionUri.parse('qemu+ssh://h/system?a=b'), { breakLength: Infinity })).toBe(
      "ConnectionUri 'qemu+ssh://h/system?a=b' { driver: 'qemu', transport: 'ssh', host: 'h', path: '/system', " +
        "params: [ [ 'a', 'b' ] ], effectiveTransport: 'ssh', scope: 'system' }",
    );
  });
});

describe('build', () => {
  it.each<[ConnectionUriParts, string]>([
    [{ driver: 'qemu', path: '/system' }, 'qemu:///system'],
    [{ driver: 'qemu', path: 'system' }, 'qemu:///system'],
    [{ driver: 'xen', transport: 'ssh', user: 'root', host: 'x', path: '/' }, 'xen+ssh://root@x/'],
    [{ driver: 'qemu', transport: 'tcp', host: '::1', port: 16509, path: '/system' }, 'qemu+tcp://[::1]:16509/system'],
    [{ driver: 'qemu', transport: 'tcp', host: '[::1]', path: '/system' }, 'qemu+tcp://[::1]/system'],
    [{ driver: 'qemu', transport: 'tcp', host: 'fe80::1%eth0' }, 'qemu+tcp://[fe80::1%25eth0]'],
    [{ driver: 'test', path: '/a b/ü?#.xml' }, 'test:///a%20b/%C3%BC%3F%23.xml'],
    [{ driver: 'qemu', user: 'a@b/c', host: 'h' }, 'qemu://a%40b%2Fc@h'],
    [
      { driver: 'qemu', path: '/system', params: { socket: '/x&y;z=%+', a: '' } },
      'qemu:///system?socket=/x%26y%3Bz%3D%25%2B&a=',
    ],
  ])('%j', (parts, text) => {
    const uri = ConnectionUri.build(parts);
    expect(uri.toString()).toBe(text);
    if (parts.user !== undefined) expect(uri.user).toBe(parts.user);
    if (parts.params !== undefined) expect(uri.params).toEqual(Object.entries(parts.params));
    expect(uri.explain(user).warnings.join()).not.toContain('no valid URI');
  });
});

describe('with', () => {
  const text = 'qemu+ssh://d%61vid@h:022/sys%74em?a=%41;b&c#f';

  it.each<[ConnectionUriParts, string]>([
    [{}, text],
    [{ port: 2222 }, 'qemu+ssh://d%61vid@h:2222/sys%74em?a=%41;b&c#f'],
    [{ port: undefined }, 'qemu+ssh://d%61vid@h/sys%74em?a=%41;b&c#f'],
    [{ user: undefined }, 'qemu+ssh://h:022/sys%74em?a=%41;b&c#f'],
    [{ transport: undefined }, 'qemu://d%61vid@h:022/sys%74em?a=%41;b&c#f'],
    [{ transport: 'libssh' }, 'qemu+libssh://d%61vid@h:022/sys%74em?a=%41;b&c#f'],
    [{ driver: 'xen' }, 'xen+ssh://d%61vid@h:022/sys%74em?a=%41;b&c#f'],
    [{ host: 'i' }, 'qemu+ssh://d%61vid@i:022/sys%74em?a=%41;b&c#f'],
    [{ path: '/session' }, 'qemu+ssh://d%61vid@h:022/session?a=%41;b&c#f'],
    [{ params: undefined }, 'qemu+ssh://d%61vid@h:022/sys%74em#f'],
    [{ params: [['x', 'y']] }, 'qemu+ssh://d%61vid@h:022/sys%74em?x=y#f'],
  ])('%j changes nothing else', (parts, changed) => {
    const uri = ConnectionUri.parse(text);
    expect(uri.with(parts).toString()).toBe(changed);
    expect(uri.toString()).toBe(text);
  });

  it('keeps a path without a slash from becoming a host', () => {
    const uri = ConnectionUri.parse('qemu:system').with({ port: undefined });
    expect([uri.host, uri.path, uri.toString()]).toEqual([undefined, '/system', 'qemu:///system']);
  });
});

describe('parameters', () => {
  it.each<[string, [string, string][]]>([
    ['a=b', [['a', 'b']]],
    ['a;b', [['a', ''], ['b', '']]], // prettier-ignore
    ['a;b&c', [['a;b', ''], ['c', '']]], // prettier-ignore
    ['a&b;c', [['a', ''], ['b', ''], ['c', '']]], // prettier-ignore
    ['=x&&a==', [['a', '=']]],
    ['a=1+1&b=%2B%zz', [['a', '1+1'], ['b', '+%zz']]], // prettier-ignore
  ])('%s is read as libvirt reads it', (query, params) => {
    expect(ConnectionUri.parse(`qemu:///system?${query}`).params).toEqual(params);
  });

  it('take the last one, without regard to case', () => {
    const uri = ConnectionUri.parse('qemu:///system?socket=/x&SOCKET=/y');
    expect(uri.get('Socket')).toBe('/y');
    expect(uri.get('mode')).toBeUndefined();
  });

  it.each([
    ['', 'x=1'],
    ['?', 'x=1'],
    ['?a=%41', 'a=%41&x=1'],
    ['?a&', 'a&x=1'],
    ['?a=1;b=2', 'a=1;b=2;x=1'],
    ['?X=2&a&x=3', 'a&x=1'],
    ['?a;b&c', 'a;b&c&x=1'],
    // Taking c away alone would make two parameters of `a;b`.
    ['?a;b&x=0', 'a;b&x=1'],
  ])('set: %s', (query, after) => {
    const uri = ConnectionUri.parse(`qemu:///system${query}#f`).withParam('x', '1');
    expect(uri.toString()).toBe(`qemu:///system?${after}#f`);
    expect(uri.params.filter(([name]) => name.toLowerCase() === 'x')).toEqual([['x', '1']]);
  });

  it.each([
    ['?x=1', ''],
    ['?a=%41&x=1', '?a=%41'],
    ['?x&a', '?a'],
    ['?a;b&x', '?a%3Bb='],
  ])('taken away: %s', (query, after) => {
    expect(ConnectionUri.parse(`qemu:///system${query}`).withParam('X', undefined).toString()).toBe(
      `qemu:///system${after}`,
    );
  });
});

describe('any text at all', () => {
  const pieces = [
    ...'qemu xen test +ssh + :// :/// : / // ? & ; = # @ u:p [::1] [ ] %41 % %zz %C3%A9 %00 é \ud800 \0 \n . .. - _ h 1.2.3.4 :22'.split(
      ' ',
    ),
    ' ',
    ...Object.keys(rows),
  ];

  it('never throws and always comes back byte for byte', () => {
    let seed = 20260101;
    const random = (below: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
    for (let i = 0; i < 20_000; i++) {
      let text = '';
      for (let n = random(8); n >= 0; n--) text += pieces[random(997) % pieces.length] ?? '';
      const uri = ConnectionUri.parse(text);
      if (uri.toString() !== text) throw new Error(`${JSON.stringify(text)} became ${JSON.stringify(uri.toString())}`);
      const { warnings, ...words } = uri.explain(user);
      const all: unknown[] = [...warnings, ...Object.values(words)];
      if (!all.every((word) => typeof word === 'string')) throw new Error(`no words for ${JSON.stringify(text)}`);
      inspect(uri);
      if (uri.driver && uri.withParam('zz', '1').get('zz') !== '1')
        throw new Error(`parameter lost: ${JSON.stringify(text)}`);
    }
  });

  it.each([
    ...[
      'qemu+tcp://h:/system',
      'qemu://@h/',
      'qemu://h:022',
      'qemu://[::1]:',
      'qemu://:1/',
      'qemu:///?',
      'qemu:#',
      'qemu://?#',
    ],
    ...[
      ':',
      '//',
      '?',
      '#',
      '://h',
      '+ssh://h',
      'a:b:c',
      'qemu://a@b@c:1:2',
      'qemu://[::1]x',
      'qemu://::1/',
      'C:\\x',
      '%',
    ],
  ])('%j comes back', (text) => {
    expect(ConnectionUri.parse(text).toString()).toBe(text);
    expect(ConnectionUri.parse(text).explain(user).text).not.toMatch(/undefined|NaN/);
  });

  it('takes an absent text for an empty one', () => {
    for (const absent of [undefined, null, '']) expect(ConnectionUri.parse(absent).isDefault).toBe(true);
    expect(ConnectionUri.parse('qemu:').isDefault).toBe(false);
  });

  it('knows what can be an alias', () => {
    expect(ConnectionUri.parse('my_host-1').alias).toBe('my_host-1');
    for (const text of ['', 'a.b', 'a/b', 'qemu:///system', 'a b', 'a\n'])
      expect(ConnectionUri.parse(text).alias).toBeUndefined();
  });
});
