import '@mantine/core/styles.css';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { openQueryClient } from './api/query-client.ts';
import { openRouter } from './frame/router.tsx';
import { openLanguages } from './language/languages.ts';
import { theme, variables } from './theme.ts';

const client = openQueryClient();
const router = openRouter(client);
const nonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content;
// Where a dialogue's own style, which holds the page behind it still, looks for it.
Object.assign(globalThis, { __webpack_nonce__: nonce });

await openLanguages();
const place = document.getElementById('root');
if (place === null) throw new Error('the page has no root');
createRoot(place).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce ?? ''}
    >
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
