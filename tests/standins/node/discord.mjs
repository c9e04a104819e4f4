// The Discord of the package "discord-digital-twin", with what discord.py asks it for and it has not:
// the application by its older address and with an owner, the commands that it knows, the response to an
// interaction where one is asked for, which shard it is, mentions in
// messages, what a reply replies to, the kind of a reaction.
// Argument: the folder of packages. It takes one JSON object a line, {"does": …}, and answers each with one.
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [packages] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(join(packages, "discord-digital-twin", "dist", name)).href);
const { DigitalDiscord } = await load("index.js");
const { userToAPI } = await load("serializers.js");

const twin = new DigitalDiscord({
  guild: { name: "acme" },
  channels: [{ name: "general", type: 0 }],
  users: [{ username: "ada" }, { username: "bob" }],
  botUser: { username: "mynah" },
});
await twin.start();
const { gateway, httpServer } = twin.server;
const { prisma, botUserId, guildId } = twin;
const users = new Map((await prisma.user.findMany()).map((user) => [user.id, userToAPI(user)]));
const owner = [...users.values()].find((user) => user.username === "ada");
await prisma.guild.update({ where: { id: guildId }, data: { ownerId: owner.id } });

// What is told.
const said = new Map();
const broadcast = gateway.broadcast.bind(gateway);
gateway.broadcast = (event, data) => {
  if (event.startsWith("MESSAGE_REACTION")) data = { type: 0, burst: false, ...data };
  if (event === "INTERACTION_CREATE") data = { ...data, authorizing_integration_owners: { 0: guildId } };
  if (event === "MESSAGE_CREATE" || event === "MESSAGE_UPDATE") {
    const named = [...(data.content ?? "").matchAll(/<@!?(\d+)>/g)].map((found) => users.get(found[1]));
    data = { ...data, mentions: named.filter(Boolean) };
    const reference = data.message_reference;
    if (reference) data = { ...data, type: 19, referenced_message: said.get(reference.message_id) ?? null };
    said.set(data.id, data);
  }
  broadcast(event, data);
};
const dispatch = gateway.sendDispatch.bind(gateway);
gateway.sendDispatch = (client, event, data) =>
  dispatch(client, event, event === "READY" ? { ...data, shard: [0, 1] } : data);

// What is asked for. discord.py writes the ids of messages as numbers, which are longer than those of JavaScript.
const text = Request.prototype.text;
Request.prototype.text = async function () {
  return (await text.call(this)).replace(/(?<="\w+": ?)\d{16,}(?=[,}])/g, '"$&"');
};
const json = (response, body, status = 200) => {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
};
const twins = httpServer.listeners("request");
httpServer.removeAllListeners("request");
httpServer.on("request", async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, twin.restUrl);
  const callback = pathname.match(/\/interactions\/(\d+)\/[^/]+\/callback$/);
  if (pathname.endsWith("/oauth2/applications/@me")) {
    const about = await fetch(`${twin.restUrl}/v10/applications/@me`);
    json(response, { ...(await about.json()), owner });
  } else if (request.method === "GET" && pathname.endsWith(`/applications/${botUserId}/commands`)) {
    const known = await prisma.applicationCommand.findMany({ where: { guildId: null } });
    json(response, known.map((each) => ({ ...each, application_id: botUserId, options: JSON.parse(each.options) })));
  } else if (callback && searchParams.get("with_response")) {
    const parts = [];
    for await (const part of request) parts.push(part);
    const headers = { "Content-Type": request.headers["content-type"] };
    const taken = await fetch(new URL(pathname, twin.restUrl), { method: "POST", headers, body: Buffer.concat(parts) });
    if (taken.status !== 204) return json(response, await taken.json(), taken.status);
    const { messageId } = await prisma.interactionResponse.findUnique({ where: { interactionId: callback[1] } });
    json(response, { interaction: { id: callback[1], type: 2, response_message_id: messageId } });
  } else {
    for (const take of twins) take.call(httpServer, request, response);
  }
});

// What people do.
const react = ({ userId, channelId, messageId, emoji, removed }) =>
  gateway.broadcast(removed ? "MESSAGE_REACTION_REMOVE" : "MESSAGE_REACTION_ADD", {
    user_id: userId, channel_id: channelId, message_id: messageId, guild_id: guildId, emoji: { id: null, name: emoji },
    ...(removed ? {} : { message_author_id: botUserId }),
  });
const deeds = {
  say: (asked) => twin.simulateUserMessage(asked),
  edit: (asked) => twin.simulateUserMessageEdit(asked),
  delete: (asked) => twin.simulateUserMessageDelete(asked),
  react,
  slash: (asked) => twin.simulateSlashCommand(asked),
  press: (asked) => twin.simulateButtonClick(asked),
  submit: (asked) => twin.simulateModalSubmit(asked),
  messages: ({ channelId }) => twin.channel(channelId).getMessages(),
  typed: ({ channelId }) => twin.getTypingEvents({ channelId }).length,
  response: ({ id }) => prisma.interactionResponse.findUnique({ where: { interactionId: id } }),
  told: () => gateway.clients.at(-1)?.sequence ?? 0,
  commands: () => prisma.applicationCommand.findMany({ select: { name: true, type: true } }),
};

const [channel] = await prisma.channel.findMany();
console.log(JSON.stringify({
  api_url: `${twin.restUrl}/v10`, gateway_url: twin.gatewayUrl, token: twin.botToken, bot: botUserId, guild: guildId,
  channel: channel.id, users: Object.fromEntries([...users.values()].map((user) => [user.username, user.id])),
}));
for await (const line of createInterface({ input: process.stdin })) {
  const { does, ...asked } = JSON.parse(line);
  try {
    console.log(JSON.stringify((await deeds[does](asked)) ?? null));
  } catch (problem) {
    console.log(JSON.stringify({ problem: String(problem) }));
  }
}
process.exit();
