// Nodes and a beacon on Node.js' package `ws`, its own Ed25519 and its own UDP sockets.
//
//     node ws_peer.js node              nodes, as told by lines of JSON on standard input
//     node ws_peer.js beacon CONFIG     a beacon: {"cert": …, "key": …, "nodes": {"<id>": "<base64 key>"}}
//
// Nothing of the product is used: what stands here was written from the wire reference.
"use strict";

const crypto = require("crypto");
const dgram = require("dgram");
const fs = require("fs");
const https = require("https");
const readline = require("readline");
const WebSocket = require("ws");

const SUBPROTOCOL = "pilot.v1";
// Whoever speaks it signs what it has dialled, and takes messages of every length.
const OWN_SUBPROTOCOL = "pilot.v2";
const PATH = "/v1/compat";
const DISCOVER = 0x01, DISCOVER_REPLY = 0x02, RELAY = 0x05, RELAY_DELIVER = 0x06, CHALLENGE = 0x0b, PROOF = 0x0c;
const PATIENCE = 20_000;
// How long a UDP node waits for an answer that must not come.
const IN_VAIN = 1_000;
// What precedes the 32 bytes of an Ed25519 key in PKCS #8 and SPKI (RFC 8410).
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

const emit = (event, values = {}) => process.stdout.write(JSON.stringify({ event, ...values }) + "\n");

// What the frames of a run hold: the same as in support/payloads.py.
const BLOCK = Buffer.concat(
  Array.from({ length: 4096 }, (_, number) => {
    const counter = Buffer.alloc(8);
    counter.writeUInt32BE(number, 4);
    return crypto.createHash("sha256").update(counter).digest();
  }));

function payload(index) {
  const length = index % 500 === 499 ? 60_000 - 8 : (index * 37) % 1200;
  const offset = (index * 61) % 65_536;
  const head = Buffer.from("PILT\0\0\0\0", "latin1");
  head.writeUInt32BE(index, 4);
  return Buffer.concat([head, BLOCK.subarray(offset, offset + length)]);
}

class LateError extends Error {}

function patience(promise, what, milliseconds = PATIENCE) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new LateError(`${what} took more than ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

class Identity {
  constructor(path) {
    const seed = Buffer.from(JSON.parse(fs.readFileSync(path, "utf8")).private_key, "base64").subarray(0, 32);
    this.key = crypto.createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" });
    this.public = crypto.createPublicKey(this.key).export({ format: "der", type: "spki" }).subarray(SPKI.length);
  }

  sign(text) {
    return crypto.sign(null, Buffer.from(text), this.key);
  }
}

class Node {
  constructor(node) {
    this.node = node;
    this.deliver = () => {};
  }

  received(frame) {
    if (frame.length >= 5 && frame[0] === RELAY_DELIVER) this.deliver(frame.readUInt32BE(1), frame.subarray(5));
  }

  relay(peer, data) {
    const head = Buffer.alloc(9);
    head[0] = RELAY;
    head.writeUInt32BE(this.node, 1);
    head.writeUInt32BE(peer, 5);
    this.send(Buffer.concat([head, data]));
  }
}

class RefusedError extends Error {
  constructor(code, reason) {
    super(`closed with ${code} ${reason}`);
    this.code = code;
    this.reason = reason;
  }
}

/** The host and port of a URL, as a node signs them. */
function dialled(text) {
  const url = new URL(text);
  return `${url.hostname}:${url.port || 443}`;
}

class WSSNode extends Node {
  static dial(command) {
    const options = { maxPayload: 65_535 };
    if (command.ca) options.ca = fs.readFileSync(command.ca);
    const socket = new WebSocket(command.url, [OWN_SUBPROTOCOL, SUBPROTOCOL], options);
    const identity = new Identity(command.identity);
    const self = new WSSNode(command.node);
    self.socket = socket;
    return new Promise((resolve, reject) => {
      socket.on("error", reject);
      socket.on("close", (code, reason) => reject(new RefusedError(code, reason.toString())));
      socket.on("message", (data, isBinary) => {
        if (isBinary) return self.received(data);
        const message = JSON.parse(data.toString());
        if (message.type === "auth_ok") return resolve(self);
        if (message.type !== "auth_challenge" || message.nonce.length !== 64) return reject(new Error("no challenge"));
        if (![OWN_SUBPROTOCOL, SUBPROTOCOL].includes(socket.protocol)) {
          return reject(new Error(`subprotocol ${socket.protocol}`));
        }
        const body = `${command.node}:${message.ts}:${message.nonce}`;
        const names = socket.protocol === OWN_SUBPROTOCOL ? { beacon: command.names || dialled(command.url) } : {};
        const signature = identity.sign(names.beacon ? `compat_auth_v2:${body}:${names.beacon}` : `compat_auth:${body}`);
        socket.send(JSON.stringify({
          type: "auth_reply",
          node_id: command.node,
          public_key: identity.public.toString("base64"),
          sig: signature.toString("base64"),
          ...names,
        }));
      });
    });
  }

  send(frame) {
    this.socket.send(frame);
  }

  close() {
    return new Promise((resolve) => {
      this.socket.on("close", (code) => resolve(code));
      this.socket.close(1000);
    });
  }
}

class UDPNode extends Node {
  static async dial(command) {
    const self = new UDPNode(command.node);
    const identity = new Identity(command.identity);
    const url = new URL(command.url.replace("udp:", "http:"));
    const named = command.names ? new URL(`http://${command.names}`) : url;
    let registered = () => {};
    self.socket = dgram.createSocket({ type: "udp4", recvBufferSize: 1 << 20 });
    self.proven = false;
    await new Promise((resolve) => self.socket.connect(Number(url.port), url.hostname, resolve));
    self.socket.on("message", (data) => {
      if (data[0] === DISCOVER_REPLY) {
        // The beacon answers a Discover at once, and may go on sending to where the node was before until it has a
        // proof, which it answers as well.
        if (self.proven) registered();
      } else if (data[0] === CHALLENGE && data.length === 29) {
        const token = data.subarray(13).toString("hex");
        const text = `discover-proof:${data.readUInt32BE(1)}:${data.readBigUInt64BE(5)}:${token}:${named.hostname}:${named.port}`;
        const name = Buffer.concat([Buffer.alloc(3), Buffer.from(named.hostname)]);
        name.writeUInt16BE(Number(named.port), 0);
        name.writeUInt8(named.hostname.length, 2);
        self.send(Buffer.concat([Buffer.from([PROOF]), data.subarray(1), identity.sign(text), name]));
        self.proven = true;
      } else {
        self.received(data);
      }
    });
    const discover = Buffer.concat([Buffer.from([DISCOVER, 0, 0, 0, 0]), identity.public]);
    discover.writeUInt32BE(command.node, 1);
    const reply = new Promise((resolve) => { registered = resolve; });
    self.send(discover);
    await reply;
    return self;
  }

  send(frame) {
    this.socket.send(frame);
  }

  async close() {
    this.socket.close();
  }
}

// Sends payloads from `source` to the node `peer`, and expects each at `target`. At most a window is under way.
function exchange(source, peer, target, expectedSender, { frames, window }) {
  return new Promise((resolve, reject) => {
    const seen = new Uint8Array(frames);
    let sent = 0, received = 0, bytes = 0, last = -1;
    const fill = () => {
      while (sent < frames && sent - received < window) source.relay(peer, payload(sent++));
    };
    const watch = setInterval(() => {
      if (last === received) finish(new Error(`${received} of ${sent} frames came, then none for ${PATIENCE} ms`));
      last = received;
    }, PATIENCE);
    const finish = (error) => {
      clearInterval(watch);
      target.deliver = () => {};
      if (error) return reject(error);
      emit("done", { frames: received, bytes });
      resolve();
    };
    target.deliver = (sender, data) => {
      const index = data.length >= 8 ? data.readUInt32BE(4) : frames;
      if (sender !== expectedSender) return finish(new Error(`a frame from node ${sender}`));
      if (index >= frames || !data.equals(payload(index))) return finish(new Error(`frame ${index} differs`));
      if (seen[index]) return finish(new Error(`frame ${index} came twice`));
      seen[index] = 1;
      received++;
      bytes += data.length;
      if (received === frames) return finish();
      fill();
    };
    fill();
  });
}

async function runNodes() {
  const nodes = {};
  const perform = async (command) => {
    const kind = command.url?.startsWith("udp:") ? UDPNode : WSSNode;
    switch (command.do) {
      case "attach": {
        const node = nodes[command.name] = await patience(kind.dial(command), "the dial");
        return emit("attached", { proven: node.proven ?? true });
      }
      case "transfer": {
        const source = nodes[command.from], target = nodes[command.to];
        return exchange(source, target.node, target, source.node, command);
      }
      case "echo":
        return exchange(nodes[command.from], command.peer, nodes[command.from], command.peer, command);
      case "refused":
        try {
          await patience(kind.dial(command), "the refusal", kind === UDPNode ? IN_VAIN : PATIENCE);
        } catch (error) {
          if (error instanceof LateError) return emit("refused", { code: 0, reason: "no answer" });
          if (!(error instanceof RefusedError)) throw error;
          return emit("refused", { code: error.code, reason: error.reason });
        }
        throw new Error("the beacon took it");
      case "close":
        return emit("closed", { code: await patience(nodes[command.name].close(), "the close") });
      default:
        throw new Error(`unknown command ${command.do}`);
    }
  };
  for await (const line of readline.createInterface({ input: process.stdin })) {
    await perform(JSON.parse(line)).catch((error) => emit("error", { message: String(error) }));
  }
  process.exit(0);
}

class Beacon {
  constructor(keys) {
    this.keys = new Map(Object.entries(keys).map(([node, key]) => [Number(node), Buffer.from(key, "base64")]));
    this.addresses = new Map();
    this.peers = new Map();
    this.relayed = 0;
    this.authenticated = 0;
    this.udp = dgram.createSocket({ type: "udp4", recvBufferSize: 1 << 20 });
    this.udp.on("message", (data, from) => this.datagram(data, from));
  }

  datagram(data, from) {
    if (data.length < 5 || data[0] !== DISCOVER) return this.relay(data);
    this.addresses.set(data.readUInt32BE(1), from);
    const reply = Buffer.from([DISCOVER_REPLY, 4, ...from.address.split(".").map(Number), 0, 0]);
    reply.writeUInt16BE(from.port, 6);
    this.udp.send(reply, from.port, from.address);
  }

  relay(frame) {
    if (frame.length < 9 || frame[0] !== RELAY) return;
    const target = frame.readUInt32BE(5);
    const delivery = Buffer.concat([Buffer.from([RELAY_DELIVER]), frame.subarray(1, 5), frame.subarray(9)]);
    const peer = this.peers.get(target), address = this.addresses.get(target);
    if (peer) peer.send(delivery);
    else if (address) this.udp.send(delivery, address.port, address.address);
    else return;
    this.relayed++;
  }

  accept(socket) {
    const nonce = crypto.randomBytes(32).toString("hex"), ts = Math.floor(Date.now() / 1000);
    let node = null;
    const limit = setTimeout(() => socket.close(1008, "auth timeout"), 10_000);
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(limit);
      if (node !== null && this.peers.get(node) === socket) this.peers.delete(node);
    });
    socket.on("message", (data, isBinary) => {
      if (node !== null) return isBinary ? this.relay(data) : undefined;
      const claimed = isBinary ? null : this.verify(data.toString(), nonce, ts);
      if (claimed === null) return socket.close(1008, "auth failed");
      node = claimed;
      clearTimeout(limit);
      this.authenticated++;
      this.peers.set(node, socket);
      socket.send(JSON.stringify({ type: "auth_ok" }));
    });
    socket.send(JSON.stringify({ type: "auth_challenge", nonce, ts }));
  }

  // The node that has proven itself, or null.
  verify(text, nonce, ts) {
    try {
      const reply = JSON.parse(text);
      const key = this.keys.get(reply.node_id);
      if (reply.type !== "auth_reply" || !key || !Buffer.from(reply.public_key, "base64").equals(key)) return null;
      const spki = crypto.createPublicKey({ key: Buffer.concat([SPKI, key]), format: "der", type: "spki" });
      const signed = Buffer.from(`compat_auth:${reply.node_id}:${ts}:${nonce}`);
      return crypto.verify(null, signed, spki, Buffer.from(reply.sig, "base64")) ? reply.node_id : null;
    } catch {
      return null;
    }
  }
}

async function runBeacon(config) {
  const beacon = new Beacon(config.nodes);
  const server = https.createServer({ cert: fs.readFileSync(config.cert), key: fs.readFileSync(config.key) });
  const sockets = new WebSocket.WebSocketServer({
    server,
    path: PATH,
    maxPayload: 65_535,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  sockets.on("connection", (socket) => beacon.accept(socket));
  await new Promise((resolve) => beacon.udp.bind(0, "127.0.0.1", resolve));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  emit("ready", {
    udp: `127.0.0.1:${beacon.udp.address().port}`,
    wss: `wss://localhost:${server.address().port}${PATH}`,
  });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (JSON.parse(line).do === "drop") {
      const dropped = [...beacon.peers.values()];
      for (const socket of dropped) socket.close(1012, "the beacon restarts");
      emit("dropped", { connections: dropped.length });
    } else {
      emit("counts", { relayed: beacon.relayed, authenticated: beacon.authenticated });
    }
  }
  process.exit(0);
}

if (process.argv[2] === "beacon") runBeacon(JSON.parse(fs.readFileSync(process.argv[3], "utf8")));
else runNodes();
