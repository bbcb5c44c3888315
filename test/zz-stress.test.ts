import { it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { describeWithTestbed, guestXML, suspendProcess } from './testbed/index.js';
describeWithTestbed(
  'stress',
  (bed) => {
    it('x', async () => {
      await bed().run('truncate', ['-s', '16M', '/var/lib/libvirt/images/hung.img']);
      const disk = `<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/var/lib/libvirt/images/hung.img'/><target dev='vda' bus='virtio'/></disk>`;
      await bed().run('bash', ['-c', `cat > /tmp/d.xml; virsh -c qemu:///system create /tmp/d.xml`], {
        input: guestXML({ name: 'hung', memoryMiB: 32, devices: disk }),
      });
      await suspendProcess(bed().qemuPid('hung'));
      for (let round = 0; round < 8; round++) {
        const r = spawnSync(
          'node',
          ['/tmp/f/client.js', bed().uri, String(bed().libvirtd.pid), process.env['MAXC'] ?? '4'],
          { encoding: 'utf8' },
        );
        bed().libvirtd.kill('SIGCONT');
        console.log(round, r.status, r.signal, r.stdout, r.stderr);
      }
    }, 300000);
  },
  { libvirtdConf: ['max_clients = 200', 'max_workers = 100', 'max_anonymous_clients=100'] },
);
