import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Reads with the library of Python, which is there wherever the other checks run; nothing else knows the file. */
const READ = `
import sqlite3, sys
rows = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).execute(
    "SELECT platform, hex(substr(credentials_sealed, -24)) FROM grants ORDER BY id")
print("\\n".join("=".join(row) for row in rows))`;

/** The ends of what is sealed in an instance's database, by network. */
export function sealed(data: string): Map<string, Buffer> {
  const out = execFileSync('python3', ['-c', READ, join(data, 'postrider.db')], { encoding: 'utf8' });
  const rows = out
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('='));
  return new Map(rows.map(([platform = '', end = '']) => [platform, Buffer.from(end, 'hex')]));
}

/** The files below a folder that hold some bytes. */
export function holding(folder: string, bytes: Buffer): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(folder, name);
    return statSync(path).isFile() && readFileSync(path).includes(bytes);
  });
}
