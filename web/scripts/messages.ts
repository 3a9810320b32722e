import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@fluent/syntax';
import type { Plugin } from 'vite';

const folder = join(import.meta.dirname, '../messages/en');

/** Which file each message stands in. */
function homes(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of readdirSync(folder)) {
    for (const entry of parse(readFileSync(join(folder, file), 'utf8'), {}).body) {
      if (entry.type === 'Message') found.set(entry.id.name, file);
    }
  }
  return found;
}

/** The files whose messages a piece of code names, whole or by a beginning such as `status-${state}`. */
export function filesOf(code: string, home: Map<string, string>): string[] {
  const found = new Set<string>();
  for (const [, id = ''] of code.matchAll(/['"`]([a-z][a-z0-9_-]*)['"`]/g)) {
    const file = home.get(id);
    if (file) found.add(file);
  }
  for (const [, prefix = ''] of code.matchAll(/['"`]([a-z][a-z0-9_-]*-)(?:\$\{|['"`]\s*\+)/g)) {
    for (const [id, file] of home) if (id.startsWith(prefix)) found.add(file);
  }
  return [...found].sort();
}

/**
 * Messages travel with the code that says them: a module that names a message imports the file it
 * stands in, so that a screen loads its own sentences and not those of all others.
 */
export function messages(): Plugin {
  let home = homes();
  return {
    name: 'messages',
    enforce: 'post',
    buildStart() {
      home = homes();
    },
    transform(code, id) {
      const path = id.split('?')[0] ?? id;
      if (path.endsWith('.ftl')) {
        const text = readFileSync(path, 'utf8');
        return `import { register } from '/src/lib/i18n/bundle.ts';\nregister(${JSON.stringify(text)});\n`;
      }
      if (!path.includes('/src/') || path.includes('node_modules') || !/\.(svelte|ts)$/.test(path)) return;
      if (/\.(css|test\.ts)$/.test(path) || id.includes('type=style')) return;
      const imports = filesOf(code, home).map((file) => `import '/messages/en/${file}';\n`);
      if (imports.length > 0) return { code: imports.join('') + code, map: null };
    },
    handleHotUpdate({ file }) {
      if (file.startsWith(folder)) home = homes();
    }
  };
}
