import { execFileSync } from 'node:child_process';

/** A new database of the PostgreSQL server that `tools/with-postgres.sh` has started. */
export function database(): string {
  const server = process.env.POSTRIDER_TEST_PG;
  if (!server) throw new Error('POSTRIDER_TEST_PG is not set: run through tools/with-postgres.sh');
  const name = `browser_${process.pid}_${Date.now()}`;
  execFileSync('psql', ['--quiet', '--dbname', server, '--command', `CREATE DATABASE ${name}`]);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
