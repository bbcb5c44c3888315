import { describe, expect, it } from '@jest/globals';
import { resolveUri } from '../lib/client-config.js';

const config = `# uri_default = "no://comment"
uri_aliases = [
  "hail=qemu+ssh://root@hail.cloud.example.com/system", # a remark
  'sleet=qemu+tcp://sleet/system?a=b',
]
uri_default = "hail"
`;

describe('a URI by libvirt.conf', () => {
  it.each([
    ['qemu:///system', config, 'qemu:///system'],
    ['hail', config, 'qemu+ssh://root@hail.cloud.example.com/system'],
    ['sleet', config, 'qemu+tcp://sleet/system?a=b'],
    ['rain', config, 'rain'],
    [undefined, config, 'qemu+ssh://root@hail.cloud.example.com/system'],
    [undefined, 'uri_default = "qemu:///session"', 'qemu:///session'],
    [undefined, '', undefined],
    [undefined, undefined, undefined],
    ['hail', 'uri_aliases = [', 'hail'],
    ['hail', 'uri_aliases = 5\nuri_default = 7', 'hail'],
    ['constructor', config, 'constructor'],
    ['', config, ''],
  ])('%j with %j', (uri, text, expected) => {
    expect(resolveUri(uri, () => text)).toBe(expected);
  });
});
