/** How many cases a property about hostile bytes tries: as many as told unless `npm run test:hostile` asks for more. */
export function propertyRuns(usual: number): number {
  return Number(process.env["PROPERTY_RUNS"] ?? usual);
}
