import type { Job, JobProgress } from '../lib/index.js';

/** All progress of a job, until it is over. */
export async function progressOf(job: Job<unknown>): Promise<JobProgress[]> {
  const seen: JobProgress[] = [];
  for await (const progress of job) seen.push(progress);
  return seen;
}
