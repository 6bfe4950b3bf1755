import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    // What browsers of the last two years have.
    target: 'es2022',
    sourcemap: true,
    manifest: true,
    // The policy forbids files that stand inside of others, pictures apart.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // For work on the page itself: "npm run dev:web" beside "npm run demo".
    proxy: { '/api': 'http://localhost:4600', '/docs': 'http://localhost:4600' },
  },
});
