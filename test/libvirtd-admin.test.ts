import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { AdminConnection, type AdminServer, ClientTransport, Connection, getVersion } from '../lib/index.js';
import { native } from '../lib/native.js';
import { failure, failures } from './helpers.js';
import { eventually } from './libvirtd-helpers.js';
import { describeWithTestbed } from './testbed/index.js';

jest.setTimeout(60_000); // machines that are busy with other suites, too

describeWithTestbed('the administration of a real libvirtd', (bed) => {
  let admin: AdminConnection;
  let server: AdminServer;

  beforeEach(async () => {
    admin = await AdminConnection.open(`libvirtd:///system?socket=${bed().adminSocket}`);
    server = await admin.lookupServer('libvirtd');
  });
  afterEach(() => admin.close());

  it('refuses what cannot be', async () => {
    const found = await failures([
      admin.lookupServer('nobody'),
      server.lookupClient(2n ** 40n),
      server.setClientLimits({ nclientsMax: 1, nclientsUnauthMax: 2 }),
      server.setClientLimits({ nclients: 5 } as object),
      server.setThreadPoolParameters({ minWorkers: 1000, maxWorkers: 10 }),
      admin.setLoggingFilters('nonsense'),
      admin.setLoggingOutputs('9:nowhere'),
      admin.listServers(1),
    ]);
    expect(found.map((error) => (error as { code: string }).code)).toEqual([
      'VIR_ERR_NO_SERVER',
      'VIR_ERR_NO_CLIENT',
      'VIR_ERR_INVALID_ARG',
      'VIR_ERR_ARGUMENT_UNSUPPORTED',
      'VIR_ERR_INVALID_ARG',
      expect.stringMatching(/^VIR_ERR_/),
      expect.stringMatching(/^VIR_ERR_/),
      'VIR_ERR_INVALID_ARG',
    ]);
  });

  it('tells of the daemon', async () => {
    expect(await admin.getLibVersion()).toBe(getVersion().libVersion);
    expect(await admin.isAlive()).toBe(true);
    expect((await admin.listServers()).map(({ name }) => name).sort()).toEqual(['admin', 'libvirtd']);
  });

  it('has our own client in its list, and throws it out', async () => {
    const before = new Set((await server.listClients()).map(({ id }) => id));
    const connection = await Connection.open(bed().uri, { keepAlive: false });
    const [mine, ...others] = (await server.listClients()).filter(({ id }) => !before.has(id));
    if (mine === undefined) throw new Error('our client is not in the list');
    expect(others).toEqual([]);
    expect(await mine.getTransport()).toBe(ClientTransport.UNIX);
    const age = Date.now() - (await mine.getTimestamp()).getTime();
    expect(age).toBeGreaterThan(-2000);
    expect(age).toBeLessThan(60_000);
    expect(await mine.getInfo()).toMatchObject({ readonly: false, unixUserId: 0, unixUserName: 'root' });
    expect((await server.lookupClient(mine.id)).id).toBe(mine.id);

    await mine.close();
    await eventually('it is out', async () => ((await connection.isAlive()) ? undefined : true));
    expect(await failure(mine.getInfo())).toMatchObject({ code: 'VIR_ERR_NO_CLIENT' });
    expect(await failure(connection.getHostname())).toMatchObject({ code: 'ERR_LIBVIRT_DISCONNECTED' });
    await connection.close();
  });

  it('knows a client that may only look', async () => {
    const before = new Set((await server.listClients()).map(({ id }) => id));
    await using looker = await Connection.open(bed().uriFor('qemu', '/system', bed().readOnlySocket), {
      readOnly: true,
    });
    expect(await looker.isAlive()).toBe(true);
    const [mine] = (await server.listClients()).filter(({ id }) => !before.has(id));
    expect(await mine?.getInfo()).toMatchObject({ readonly: true });
  });

  it('changes limits of clients, and puts them back', async () => {
    const before = await server.getClientLimits();
    const max = before.nclientsMax ?? 0;
    expect(max).toBeGreaterThan(0);
    await server.setClientLimits({ nclientsMax: max + 7 });
    expect(await server.getClientLimits()).toMatchObject({
      nclientsMax: max + 7,
      nclientsUnauthMax: before.nclientsUnauthMax,
    });
    await server.setClientLimits({ nclientsMax: max });
    expect(await server.getClientLimits()).toMatchObject({ nclientsMax: max });
  });

  it('changes the thread pool, and puts it back', async () => {
    const { minWorkers = 0, maxWorkers = 0, prioWorkers = 0, nWorkers } = await server.getThreadPoolParameters();
    expect(nWorkers).toBeGreaterThanOrEqual(minWorkers);
    await server.setThreadPoolParameters({ maxWorkers: maxWorkers + 1, prioWorkers: prioWorkers + 1 });
    expect(await server.getThreadPoolParameters()).toMatchObject({
      minWorkers,
      maxWorkers: maxWorkers + 1,
      prioWorkers: prioWorkers + 1,
    });
    await server.setThreadPoolParameters({ maxWorkers, prioWorkers });
    expect(await server.getThreadPoolParameters()).toMatchObject({ maxWorkers, prioWorkers });
  });

  it('changes filters and outputs of the log, and puts them back', async () => {
    const [filters, outputs] = [await admin.getLoggingFilters(), await admin.getLoggingOutputs()];
    await admin.setLoggingFilters('3:rpc 1:qemu');
    // Some versions give them with the patterns that they make of them, and with spaces around.
    expect((await admin.getLoggingFilters()).replaceAll('*', '').trim().split(/\s+/).sort()).toEqual([
      '1:qemu',
      '3:rpc',
    ]);
    await admin.setLoggingFilters(null);
    expect(await admin.getLoggingFilters()).toBe('');
    await admin.setLoggingOutputs('2:file:/tmp/admin-test.log');
    expect(await admin.getLoggingOutputs()).toBe('2:file:/tmp/admin-test.log');
    await admin.setLoggingFilters(filters);
    await admin.setLoggingOutputs(outputs);
    expect([await admin.getLoggingFilters(), await admin.getLoggingOutputs()]).toEqual([filters, outputs]);
  });

  it('sets how long the daemon stays without clients, and ends it, where its version can', async () => {
    const lacks = (wanted: string) =>
      native.runtime.functions().some(({ name, missing }) => missing && name === wanted);
    if (lacks('virAdmConnectSetDaemonTimeout')) {
      expect(await failure(admin.setDaemonTimeout(0))).toMatchObject({ code: 'VIR_ERR_NO_SUPPORT' });
    } else {
      await admin.setDaemonTimeout(600);
      await admin.setDaemonTimeout(0);
    }
    if (lacks('virAdmConnectDaemonShutdown')) {
      expect(await failure(admin.daemonShutdown())).toMatchObject({
        code: 'VIR_ERR_NO_SUPPORT',
        message: expect.stringContaining('11.2.0') as unknown as string,
      });
    }
    // There are no certificates.
    expect(await failure(server.updateTlsFiles())).toMatchObject({ operation: 'virAdmServerUpdateTlsFiles' });
  });

  it('is lost with the daemon', async () => {
    bed().libvirtd.kill();
    await bed().libvirtd.ended();
    expect(await failure(admin.listServers())).toMatchObject({ code: 'ERR_LIBVIRT_DISCONNECTED' });
    expect(await failure(server.listClients())).toMatchObject({ code: 'ERR_LIBVIRT_DISCONNECTED' });
    await bed().libvirtd.start();
    await using again = await AdminConnection.open(`libvirtd:///system?socket=${bed().adminSocket}`);
    expect(await again.isAlive()).toBe(true);
  });
});
