import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The real program, as `make test` has built it. */
const binary = resolve(
  process.env.POSTRIDER_BIN ?? join(import.meta.dirname, '../../../../target/debug/postrider')
);

/** How long a program may take to say that it is ready, in milliseconds. */
const PATIENCE = 60_000;

/** A running program with what it printed. */
class Program {
  readonly #child: ChildProcess;
  #output = '';

  constructor(args: string[], environment: Record<string, string>) {
    this.#child = spawn(binary, args, {
      env: { PATH: process.env.PATH ?? '', HOME: tmpdir(), TZ: 'UTC', ...environment },
      stdio: ['ignore', 'pipe', 'pipe']
    });
    const take = (chunk: Buffer) => (this.#output += chunk.toString());
    this.#child.stdout?.on('data', take);
    this.#child.stderr?.on('data', take);
  }

  /** Waits for a line; the answer is what the expression caught. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const end = Date.now() + PATIENCE;
    while (Date.now() < end) {
      const found = pattern.exec(this.#output);
      if (found) return found;
      if (this.#child.exitCode !== null) break;
      await new Promise((next) => setTimeout(next, 50));
    }
    throw new Error(`${binary} did not say ${pattern}:\n${this.#output}`);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((done) => this.#child.once('exit', done));
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(late);
  }
}

/** The product beside simulated networks, with people and posts in it. */
export interface Demo {
  url: string;
  networks: string;
  email: string;
  password: string;
  /** Server addresses of simulated programs, such as `mastodon`. */
  servers: Record<string, string>;
  stop: () => Promise<void>;
}

export async function demo(): Promise<Demo> {
  const program = new Program(['demo', '--listen', '127.0.0.1:0', '--sandbox-listen', '127.0.0.1:0'], {});
  const [, url = ''] = await program.says(/ready at (http:\S+)/);
  const [, email = '', password = ''] = await program.says(/log-in\s+(\S+)\s+(\S+)/);
  const [, networks = ''] = await program.says(/Simulated networks at (http:\S+)/);
  const [listing] = await program.says(/Simulated networks at [\s\S]*make things fail/);
  const servers = Object.fromEntries(
    [...listing.matchAll(/^ {2}([a-z]+)\s+(http:\/\/127\.0\.0\.1:\d+)$/gm)].map(([, name, at]) => [name, at])
  ) as Record<string, string>;
  return { url, networks, email, password, servers, stop: () => program.stop() };
}

/** A new instance that nobody has set up, which may talk to the simulated networks of a demonstration. */
export interface Fresh {
  url: string;
  /** The address that the server prints for its first person. */
  setup: string;
  /** Its data folder. */
  data: string;
  stop: () => Promise<void>;
}

/** Networks of which operators bring apps, and the simulated one that stands for each. */
const BY_APP = {
  facebook: 'facebook',
  instagram: 'instagram',
  instagram_facebook: 'facebook',
  threads: 'threads'
};

/** Where each of them is to be found instead of at the platform. */
async function origins({ networks }: Demo): Promise<Record<string, string>> {
  const found = Object.entries(BY_APP).map(async ([platform, at]) => {
    const shown = (await (await fetch(`${networks}/_${at}`)).json()) as { origin: string };
    return [platform, shown.origin];
  });
  return Object.fromEntries(await Promise.all(found)) as Record<string, string>;
}

export async function fresh(networks: Demo, database?: string): Promise<Fresh> {
  const home = mkdtempSync(join(tmpdir(), 'postrider-browser-'));
  const data = join(home, 'data');
  const apis = await origins(networks);
  const hosts = [networks.networks, ...Object.values(networks.servers), ...Object.values(apis)].map(
    (url) => new URL(url).host
  );
  const environment: Record<string, string> = {
    POSTRIDER_APIS: Object.entries(apis)
      .map((one) => one.join('='))
      .join(','),
    POSTRIDER_OPEN_HOSTS: hosts.join(','),
    // Links lead to the pages of the simulated network, as in the demonstration.
    POSTRIDER_PAGES: `${networks.networks}=${networks.networks}`,
    ...(database ? { POSTRIDER_DATABASE_URL: database } : {})
  };
  const program = new Program(['serve', '--listen', '127.0.0.1:0', '--data', data], environment);
  const [, setup = ''] = await program.says(/Set up this instance at (http:\S+)/);
  const stop = async () => {
    await program.stop();
    rmSync(home, { recursive: true, force: true });
  };
  return { url: new URL(setup).origin, setup, data, stop };
}
