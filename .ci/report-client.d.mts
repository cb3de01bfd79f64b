import { type Plugin } from 'rolldown';

export function reportClient(onModules: (modules: readonly string[]) => void): Plugin;
