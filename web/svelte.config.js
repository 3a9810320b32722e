import adapter from '@sveltejs/adapter-static';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** Where the finished app goes. The build of the binary names a folder of its own. */
const out = process.env.POSTRIDER_WEB_OUT ?? 'build';

/** Where Kit works. Two builds at once need a folder each. */
const outDir = process.env.POSTRIDER_WEB_WORK ?? '.svelte-kit';

/**
 * The content policy refuses style attributes, and a compiled template sets them by markup.
 * The two that come from libraries are taken out here; `app.css` says the same by rules.
 */
const withoutStyleAttributes = {
  name: 'without-style-attributes',
  markup({ content, filename = '' }) {
    if (!filename.endsWith('generated/root.svelte')) return;
    return { code: content.replace(/ style="[^"]*"/g, '') };
  }
};

/** @type {import('@sveltejs/kit').Config} */
export default {
  preprocess: [vitePreprocess(), withoutStyleAttributes],
  compilerOptions: { runes: ({ filename }) => (filename.includes('node_modules') ? undefined : true) },
  kit: {
    outDir,
    adapter: adapter({ pages: out, assets: out, fallback: '200.html', precompress: true }),
    alias: { $lib: 'src/lib', $ui: 'src/lib/ui' },
    // A new binary brings a new app; whoever has the old one open is told.
    version: { pollInterval: 300_000 },
    output: { preloadStrategy: 'modulepreload' }
  }
};
