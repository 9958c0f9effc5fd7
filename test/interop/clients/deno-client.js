// deno run --allow-net --allow-read deno-client.js URL…: the second connection resumes the session of the first.
const client = Deno.createHttpClient({
  caCerts: [Deno.readTextFileSync("server.pem")],
  cert: Deno.readTextFileSync("anna.pem"),
  key: Deno.readTextFileSync("anna.key"),
});
for (const url of Deno.args) {
  const response = await fetch(url, { client });
  await Deno.stdout.write(await response.bytes());
}
