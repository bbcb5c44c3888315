// client.mjs JSON   A client inside a test bed: opens a connection, looks at what every connection tells, does what the test says, closes,
// unless it forgets to, and prints it all as JSON. A plain program, so that it runs as any user, in any environment and at any terminal.
import { inspect } from 'node:util';
import { Connection, LibvirtError } from 'libvirt-napi';

// It was for this process (npm run test:asan). A daemon or QEMU that libvirt starts would hang with a sanitizer in it.
delete process.env.LD_PRELOAD;

const { uri, options, credentials, body = '', forgets } = JSON.parse(process.argv[2]);
const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor;

/** @param {unknown} error */
function describe(error) {
  // All that it has, so that a test finds a secret wherever it is.
  const shown = inspect(error, { depth: 20, showHidden: true });
  if (!(error instanceof LibvirtError)) return { code: String(error), message: String(error), hints: [], shown };
  const { code, errno, domain, message, hints, operation } = error;
  return { code, errno, domain, message, hints, operation, shown };
}

/** Not every driver has every answer. */
const orCode = (pending) => pending.catch((error) => error.code);

async function report() {
  const asked = [];
  const answer = credentials && new AsyncFunction('prompt', credentials);
  const ask = (prompts) => {
    asked.push(...prompts.map(({ type, prompt }) => ({ type, prompt })));
    return Promise.all(prompts.map(answer));
  };
  const connection = await Connection.open(uri, { ...options, ...(answer && { credentials: ask }) });
  const report = {
    uri: connection.uri,
    hostname: await connection.getHostname(),
    type: await connection.getType(),
    isSecure: await orCode(connection.isSecure()),
    isEncrypted: await orCode(connection.isEncrypted()),
    isAlive: await orCode(connection.isAlive()),
    ...(answer && { asked }),
  };
  try {
    report.value = await new AsyncFunction('connection', body)(connection);
  } catch (error) {
    report.error = describe(error);
  }
  if (forgets) return report;
  await connection.close();
  report.afterClose = await orCode(connection.getHostname());
  return report;
}

console.log(JSON.stringify(await report().catch((error) => ({ refused: describe(error) }))));
