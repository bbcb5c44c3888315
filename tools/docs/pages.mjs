/** The pages of the site beside the reference, in the order of its contents. */
export const PAGES = [
  ['Guide', 'docs/guide/connections.md'],
  ['Guide', 'docs/guide/machines.md'],
  ['Guide', 'docs/guide/networking.md'],
  ['Guide', 'docs/guide/storage.md'],
  ['Guide', 'docs/guide/snapshots-and-backup.md'],
  ['Guide', 'docs/guide/jobs.md'],
  ['Guide', 'docs/guide/streams.md'],
  ['Guide', 'docs/guide/events.md'],
  ['Guide', 'docs/guide/errors.md'],
  ['Guide', 'docs/guide/lifetimes-threads-limits.md'],
  ['Guide', 'docs/guide/performance.md'],
  ['Guide', 'docs/guide/testing.md'],
  ['Guide', 'docs/guide/troubleshooting.md'],
  ['Coming from', 'docs/guide/from-virsh.md'],
  ['Coming from', 'docs/guide/from-libvirt-python.md'],
  ['Coming from', 'docs/guide/from-unraid-libvirt.md'],
  ['Coming from', 'docs/guide/from-libvirt.md'],
  ['Project', 'docs/architecture.md'],
  ['Project', 'docs/coverage.md'],
  ['Project', 'docs/versions.md'],
  ['Project', 'docs/runtimes.md'],
  ['Project', 'UPGRADING.md'],
  ['Project', 'SECURITY.md'],
  ['Project', 'docs/release.md'],
  ['Project', 'CONTRIBUTING.md'],
  ['Project', 'CHANGELOG.md'],
];

/** A page's title: its first heading. */
export const titleOf = (markdown) => /^# (.*)$/m.exec(markdown)?.[1].replaceAll('`', '');
