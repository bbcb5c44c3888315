import { beforeAll, describe, expect, it } from '@jest/globals';
import { FacadeGraph, type Member } from './facade-graph.js';
import { readCells } from './tables.js';

// That a method calls the C functions that its documentation names, found in its own source.

/** Where the way from a member to C cannot be read off its source: what makes it right all the same. */
const elsewhere: Record<string, string> = {
  'AdminConnection.close virAdmConnectClose': 'the session closes what AdminAccess has opened',
  'AdminConnection.on virAdmConnectRegisterCloseCallback':
    'AdminAccess registers with each link, before anybody listens',
  'AdminConnection.off virAdmConnectUnregisterCloseCallback': 'the addon does it when a link ends',
  'ConnectionEvents.on virConnectDomainEventRegister':
    'the older one, for lifecycle events; the newer one does the same',
  'ConnectionEvents.on virConnectRegisterCloseCallback': 'ConnectionAccess registers with each link',
  'ConnectionEvents.off virConnectDomainEventDeregister': 'the older one, as above',
  'ConnectionEvents.off virConnectUnregisterCloseCallback': 'the addon does it when a link ends',
  'Job.abort virDomainAbortJob': 'who makes the job gives it the way to abort',
  'Job.abort virDomainBlockJobAbort': 'who makes the job gives it the way to abort',
  'Job.statistics virDomainGetJobStats': 'who makes the job gives it the way to ask',
  'BlockJob.pivot virDomainBlockJobAbort': 'who makes the job gives it the way to pivot',
  'NetworkPort.uuid virNetworkPortGetUUID': 'the same as virNetworkPortGetUUIDString, in bytes',
};

let members: Member[];
beforeAll(() => {
  members = new FacadeGraph().members();
});

describe('the facade', () => {
  it('is documented with hundreds of C functions', () => {
    expect(members.filter(({ see }) => see.length > 0).length).toBeGreaterThan(350);
  });

  it('calls each C function that it is documented with', () => {
    const uncalled = members.flatMap(({ name, see, calls }) =>
      see.filter((one) => !calls.has(one)).map((one) => `${name} ${one}`),
    );
    expect(uncalled.sort()).toEqual(Object.keys(elsewhere).sort());
  });

  it('needs what tools/api/own.tsv says that members without a C function use', () => {
    const rows = readCells('tools/api/own.tsv').filter(([member = '']) => /^[A-Z]/.test(member));
    const named = rows.filter(([, uses]) => uses !== '-');
    expect(named.length).toBeGreaterThan(3);
    const unused = named.flatMap(([member = '', uses = '']) => {
      const reaches = members.find(({ name }) => name === member)?.reaches;
      return uses
        .split(' ')
        .filter((one) => reaches?.has(one) !== true)
        .map((one) => `${member} ${one}`);
    });
    expect(unused).toEqual([]);
  });
});
