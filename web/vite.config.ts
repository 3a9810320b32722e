import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';
import { messages } from './scripts/messages';

/** The server that `npm run dev` talks to. */
const server = process.env.POSTRIDER_URL ?? 'http://127.0.0.1:8470';

export default defineConfig({
  cacheDir: process.env.POSTRIDER_VITE_CACHE ?? 'node_modules/.vite',
  plugins: [sveltekit(), messages()],
  build: { target: 'es2022', manifest: true, assetsInlineLimit: 0 },
  server: {
    proxy: Object.fromEntries(['/api', '/connect', '/media/', '/healthz'].map((path) => [path, server])),
    fs: { allow: ['..'] }
  },
  resolve: process.env.VITEST ? { conditions: ['browser'] } : undefined,
  test: { include: ['tests/unit/**/*.test.ts', 'src/**/*.test.ts'], environment: 'jsdom' }
});
