/** What the reader can see of the workspace: one place to look up people, channels and the time. */

export const world = {
  team: { id: "", name: "Workspace" },
  me: null,
  people: new Map(),
  channels: new Map(),
  clock: { now: Date.now() / 1000, speed: 1, controllable: false },
  receivedAt: performance.now(),
  openChannel: () => {},
  openMessage: () => {},
  openThread: () => {},
  openPerson: () => {},
};

/** Take over a state sent by the server. */
export function updateWorld(state) {
  world.team = state.team;
  world.people = new Map(state.people.map((person) => [person.id, person]));
  world.channels = new Map(state.channels.map((channel) => [channel.id, channel]));
  world.me = world.people.get(state.me);
  world.clock = state.clock;
  world.receivedAt = performance.now();
}

/** The workspace's time in seconds since the epoch, carried on between updates at the clock's own speed. */
export function now() {
  return world.clock.now + ((performance.now() - world.receivedAt) / 1000) * world.clock.speed;
}

export const SLACKBOT = "USLACKBOT";

/** The people one can write to or act as: no apps, nobody who left. */
export const members = () => [...world.people.values()].filter((person) => !person.is_bot && !person.deleted && person.id !== SLACKBOT);

export function personName(id) {
  const person = world.people.get(id);
  return person ? person.real_name || person.name : "Someone";
}

/** The name a conversation goes by for the reader. */
export function channelName(channel) {
  if (!channel) return "unknown";
  return channel.kind === "im" ? personName(channel.user) : channel.name;
}
