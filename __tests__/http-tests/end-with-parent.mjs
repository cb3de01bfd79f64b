// Loaded before every process of a run: nothing of it stays behind when the run is killed.
process.once('disconnect', () => process.exit(1));
