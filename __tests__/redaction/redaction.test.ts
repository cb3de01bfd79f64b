import { describeStore } from './describe-store.js';
import { filesystemStore, memoryStore, sqliteStore } from './stores.js';

describeStore('memory', memoryStore, true);
describeStore('an SQLite file', sqliteStore);
describeStore('a directory of binary files', filesystemStore('binary'));
describeStore('a directory of JSON files', filesystemStore('json'));
describeStore('a directory of YAML files', filesystemStore('yaml'));
