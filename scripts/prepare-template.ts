import { prepareTemplate } from '../src/store/embedded-template.ts';

await prepareTemplate();
