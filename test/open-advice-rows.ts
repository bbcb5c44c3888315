import type { Row } from './open-advice-errors.js';
import { localRows } from './open-advice-rows-local.js';
import { remoteRows } from './open-advice-rows-remote.js';

export { failure, machine, ssh } from './open-advice-errors.js';

export const rows: Record<string, Row> = { ...localRows, ...remoteRows };
