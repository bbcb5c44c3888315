// The site: guides and reference, in build/site. npm run docs [-- check]
//   check   only whether every public method is described and every link of the reference leads somewhere
import path from 'node:path';
import { deadLinks } from './docs/links.mjs';
import { application } from './docs/typedoc.mjs';
import { Stop, main, root } from './util.mjs';

const site = path.join(root, 'build/site');

await main(import.meta.url, async ([command = 'build', ...rest]) => {
  if (rest.length > 0 || !['build', 'check'].includes(command)) throw new Stop('usage: npm run docs [-- check]');
  const app = await application(command === 'check' ? { projectDocuments: [], readme: 'none' } : {});
  const project = await app.convert();
  if (project === undefined) throw new Stop('TypeDoc could not read the sources.');
  app.validate(project);
  if (command === 'build') {
    await app.generateDocs(project, site);
    for (const link of deadLinks(site)) app.logger.error(link);
  }
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Stop('The documentation is not in order.');
  if (command === 'build') console.log(`The site begins at ${path.join(site, 'index.html')}`);
});
