/** Writes the types of the HTTP API that the web page uses, from the document that the server itself shows. */
import { writeFileSync } from 'node:fs';
import { apiTypes, apiTypesFile } from './api-types.ts';

writeFileSync(apiTypesFile, await apiTypes());
