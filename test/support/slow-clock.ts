// Loaded ahead of a server whose limits a test fills: by its clock next to no time passes, however slow the machine is.
const now = performance.now.bind(performance);
const times = Number(process.env["SLOWER_TIMES"] ?? 1000);
performance.now = () => now() / times;
