import { type Plugin } from 'rolldown';

export function licenses(file: string, modules?: readonly string[]): Plugin;
