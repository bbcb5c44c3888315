/** What did not work, told on the screen. */
import path from 'node:path';

/** @param {{ headers?: object, ran?: boolean, jest?: object, log?: string }} result of one system */
export function complaints({ headers, ran, jest, log }) {
  const lines = [];
  for (const { file, text } of headers?.failed ?? []) lines.push(`${file} does not compile:\n${text}`);
  if (ran && jest === undefined) lines.push(`the suites did not run; see ${log}`);
  for (const { name, status, assertionResults: tests } of jest?.testResults ?? []) {
    const failed = tests.filter((test) => test.status === 'failed');
    for (const { fullName } of failed) lines.push(`${path.basename(name)}: ${fullName}; see ${log}`);
    if (status === 'failed' && failed.length === 0) lines.push(`${path.basename(name)} did not run; see ${log}`);
  }
  return lines;
}
