-- A dissector for the Pilot protocol: beacon messages, tunnel frames, and packets in plain ones. Wireshark 3.6 or later.
--
-- It finds frames in three places: in what FrameCapture writes (`pilot attach --capture`), which names it; on UDP ports that are
-- given in its preferences or by "Decode As"; and in any UDP datagram that looks like a frame, if that heuristic is switched on
-- (Analyze, Enabled Protocols, pilot_udp).
--
-- Sealed payloads stay sealed: it has no keys.
--
--   tshark -X lua_script:Wireshark/pilot.lua -r FILE
--   cp Wireshark/pilot.lua ~/.local/lib/wireshark/plugins/

local pilot = Proto("pilot", "Pilot Protocol")

local types = {
  [0x01] = "Discover", [0x02] = "DiscoverReply", [0x03] = "PunchRequest", [0x04] = "PunchCommand", [0x05] = "Relay",
  [0x06] = "RelayDeliver", [0x07] = "Sync", [0x08] = "DiscoverEx", [0x09] = "RelayDeliverDest", [0x0A] = "Notify",
  [0x0B] = "DiscoverChallenge", [0x0C] = "DiscoverProof", [0x0D] = "Gone", [0x0E] = "Drain",
  [0x0F] = "ClusterRelay",
}
local magics = {
  PILT = "plain", PILS = "sealed", PILK = "key exchange", PILA = "authenticated key exchange", PILP = "punch",
}
local protocols = { [1] = "stream", [2] = "datagram", [3] = "control", [4] = "fragment" }
local well_known = {
  [0] = "ping", [1] = "control", [7] = "echo", [53] = "names", [80] = "HTTP", [443] = "secure", [444] = "handshake",
  [1000] = "stdio", [1001] = "data", [1002] = "events", [1003] = "verify",
}

local f = {
  type = ProtoField.uint8("pilot.type", "Type", base.HEX, types),
  node = ProtoField.uint32("pilot.node", "Node"),
  sender = ProtoField.uint32("pilot.sender", "Sender"),
  destination = ProtoField.uint32("pilot.destination", "Destination"),
  requester = ProtoField.uint32("pilot.requester", "Requester"),
  target = ProtoField.uint32("pilot.target", "Target"),
  beacon = ProtoField.uint32("pilot.beacon", "Beacon"),
  session = ProtoField.uint32("pilot.session", "Session", base.HEX),
  count = ProtoField.uint16("pilot.count", "Nodes listed"),
  kind = ProtoField.uint8("pilot.kind", "Kind", base.DEC, { [1] = "a handshake waits at the registry" }),
  reason = ProtoField.uint8("pilot.reason", "Reason", base.DEC, { [1] = "not attached", [2] = "has just gone" }),
  from_ms = ProtoField.uint32("pilot.from", "Come back no sooner than (ms)"),
  until_ms = ProtoField.uint32("pilot.until", "Come back no later than (ms)"),
  ip_length = ProtoField.uint8("pilot.ip_length", "Address length"),
  ipv4 = ProtoField.ipv4("pilot.address", "Address"),
  ipv6 = ProtoField.ipv6("pilot.address6", "Address"),
  port = ProtoField.uint16("pilot.port", "Port"),
  key = ProtoField.bytes("pilot.public_key", "Public key (Ed25519)"),
  signature = ProtoField.bytes("pilot.signature", "Signature (Ed25519)"),
  expiry = ProtoField.uint64("pilot.expiry", "Grant's expiry (Unix seconds)"),
  stamp = ProtoField.uint64("pilot.stamp", "Stamp"),
  token = ProtoField.bytes("pilot.token", "Token"),
  nonce = ProtoField.bytes("pilot.probe_nonce", "Probe's nonce"),
  host = ProtoField.string("pilot.host", "Beacon dialled"),
  trailing = ProtoField.bytes("pilot.trailing", "Ignored"),
  magic = ProtoField.string("pilot.magic", "Tunnel frame"),
  exchange_key = ProtoField.bytes("pilot.exchange_key", "Public key (X25519)"),
  prefix = ProtoField.bytes("pilot.nonce_prefix", "Nonce's prefix"),
  counter = ProtoField.uint64("pilot.counter", "Counter"),
  sealed = ProtoField.bytes("pilot.sealed", "Sealed packet"),
  tag = ProtoField.bytes("pilot.tag", "Tag (AES-256-GCM)"),
  version = ProtoField.uint8("pilot.packet.version", "Version", base.DEC, nil, 0xF0),
  syn = ProtoField.bool("pilot.packet.syn", "SYN", 8, nil, 0x01),
  ack_flag = ProtoField.bool("pilot.packet.ack_flag", "ACK", 8, nil, 0x02),
  fin = ProtoField.bool("pilot.packet.fin", "FIN", 8, nil, 0x04),
  rst = ProtoField.bool("pilot.packet.rst", "RST", 8, nil, 0x08),
  protocol = ProtoField.uint8("pilot.packet.protocol", "Protocol", base.DEC, protocols),
  length = ProtoField.uint16("pilot.packet.length", "Payload length"),
  source = ProtoField.string("pilot.packet.source", "Source"),
  target_address = ProtoField.string("pilot.packet.destination", "Destination"),
  source_port = ProtoField.uint16("pilot.packet.source_port", "Source port", base.DEC, well_known),
  destination_port = ProtoField.uint16("pilot.packet.destination_port", "Destination port", base.DEC, well_known),
  sequence = ProtoField.uint32("pilot.packet.sequence", "Sequence"),
  acknowledgement = ProtoField.uint32("pilot.packet.acknowledgement", "Acknowledgement"),
  window = ProtoField.uint16("pilot.packet.window", "Window (segments)"),
  checksum = ProtoField.uint32("pilot.packet.checksum", "Checksum (CRC-32)", base.HEX),
  payload = ProtoField.bytes("pilot.payload", "Payload"),
}
local fields = {}
for _, field in pairs(f) do fields[#fields + 1] = field end
pilot.fields = fields

local short = ProtoExpert.new("pilot.truncated", "Shorter than its type demands", expert.group.MALFORMED, expert.severity.ERROR)
local bad_checksum = ProtoExpert.new("pilot.bad_checksum", "The checksum is wrong", expert.group.CHECKSUM, expert.severity.WARN)
local unknown = ProtoExpert.new("pilot.unknown", "No frame begins with this byte", expert.group.UNDECODED, expert.severity.WARN)
pilot.experts = { short, bad_checksum, unknown }

pilot.prefs.ports = Pref.range("UDP ports", "", "UDP ports of beacons and nodes", 65535)

-- A frame with a place to read on from. What is cut off ends the dissection with a word, never with a Lua error.
local Reader = {}
Reader.__index = Reader

local function reader(tvb, tree)
  return setmetatable({ tvb = tvb, tree = tree, at = 0 }, Reader)
end

function Reader:left() return self.tvb:len() - self.at end

function Reader:take(count)
  if self:left() < count then error({ truncated = true }, 0) end
  local range = self.tvb:range(self.at, count)
  self.at = self.at + count
  return range
end

function Reader:add(field, count)
  local range = self:take(count)
  self.tree:add(field, range)
  return range
end

-- What is left, if anything is.
function Reader:rest(field)
  if self:left() > 0 then self:add(field, self:left()) end
end

local function address(r)
  local length = r:add(f.ip_length, 1):uint()
  if length ~= 4 and length ~= 16 then error({ truncated = true }, 0) end
  local text
  if length == 4 then
    text = tostring(r:add(f.ipv4, 4):ipv4())
  else
    text = "[" .. tostring(r:add(f.ipv6, 16):ipv6()) .. "]"
  end
  return text .. ":" .. r:add(f.port, 2):uint()
end

-- CRC-32 of IEEE 802.3, over the packet with zeros in the checksum's place.
local crc_table
local function crc32(bytes, count)
  if not crc_table then
    crc_table = {}
    for index = 0, 255 do
      local value = index
      for _ = 1, 8 do
        if bit.band(value, 1) == 1 then
          value = bit.bxor(bit.rshift(value, 1), 0xEDB88320)
        else
          value = bit.rshift(value, 1)
        end
      end
      crc_table[index] = value
    end
  end
  local crc = 0xFFFFFFFF
  for index = 0, count - 1 do
    local byte = (index >= 30 and index < 34) and 0 or bytes:get_index(index)
    crc = bit.bxor(bit.rshift(crc, 8), crc_table[bit.band(bit.bxor(crc, byte), 0xFF)])
  end
  return bit.band(bit.bnot(crc), 0xFFFFFFFF)
end

local function pilot_address(range)
  local network = range:range(0, 2):uint()
  return string.format(
    "%d:%04X.%04X.%04X", network, network, range:range(2, 2):uint(), range:range(4, 2):uint())
end

local function packet(r, info)
  local tree = r.tree:add(pilot, r.tvb:range(r.at), "Packet")
  local p = reader(r.tvb:range(r.at):tvb(), tree)
  local start = p:take(1)
  for _, field in ipairs({ f.version, f.syn, f.ack_flag, f.fin, f.rst }) do tree:add(field, start) end
  local protocol = p:add(f.protocol, 1):uint()
  local length = p:add(f.length, 2):uint()
  local from, to = p:take(6), p:take(6)
  tree:add(f.source, from, pilot_address(from))
  tree:add(f.target_address, to, pilot_address(to))
  local from_port = p:add(f.source_port, 2):uint()
  local to_port = p:add(f.destination_port, 2):uint()
  p:add(f.sequence, 4)
  p:add(f.acknowledgement, 4)
  p:add(f.window, 2)
  local checksum = p:take(4)
  local item = tree:add(f.checksum, checksum)
  if length > 0 then p:add(f.payload, length) end
  local expected = crc32(p.tvb:bytes(0, p.at), p.at)
  if bit.tohex(expected) ~= bit.tohex(checksum:uint()) then item:add_proto_expert_info(bad_checksum) end
  p:rest(f.trailing)
  r.at = r.tvb:len()
  info[#info + 1] = string.format(
    "%s %s:%d → %s:%d, %d bytes", protocols[protocol] or "?", pilot_address(from), from_port, pilot_address(to), to_port,
    length)
end

local function tunnel(r, info)
  local magic = r:take(4)
  local name = magic:string()
  r.tree:add(f.magic, magic, name .. " (" .. (magics[name] or "unknown") .. ")")
  info[#info + 1] = name
  if name == "PILP" then
    r:rest(f.trailing)
  elseif name == "PILT" then
    packet(r, info)
  elseif name == "PILS" then
    info[#info + 1] = "from " .. r:add(f.sender, 4):uint()
    r:add(f.prefix, 4)
    r:add(f.counter, 8)
    if r:left() < 16 then error({ truncated = true }, 0) end
    info[#info + 1] = (r:left() - 16) .. " bytes sealed"
    if r:left() > 16 then r:add(f.sealed, r:left() - 16) end
    r:add(f.tag, 16)
  elseif name == "PILK" then
    info[#info + 1] = "from " .. r:add(f.sender, 4):uint()
    r:add(f.exchange_key, 32)
    r:rest(f.trailing)
  elseif name == "PILA" then
    info[#info + 1] = "from " .. r:add(f.sender, 4):uint()
    r:add(f.exchange_key, 32)
    r:add(f.key, 32)
    r:add(f.signature, 64)
    r:rest(f.trailing)
  else
    r.tree:add_proto_expert_info(unknown)
    r:rest(f.payload)
  end
end

-- What a relay carries: a tunnel frame, or whatever a program has put there.
local function payload(r, info)
  if r:left() == 0 then return end
  if r:left() >= 4 and magics[r.tvb:range(r.at, 4):string()] then
    local range = r.tvb:range(r.at)
    local inner = reader(range:tvb(), r.tree:add(pilot, range, "Tunnel frame"))
    r.at = r.tvb:len()
    tunnel(inner, info)
  else
    info[#info + 1] = r:left() .. " bytes"
    r:rest(f.payload)
  end
end

local messages = {
  [0x01] = function(r, info)
    local node = r:add(f.node, 4):uint()
    info[#info + 1] = node == 0 and "what is my address?" or "node " .. node
    if r:left() >= 32 then
      r:add(f.key, 32)
      info[#info + 1] = "with a key"
    end
    r:rest(f.trailing)
  end,
  [0x02] = function(r, info)
    info[#info + 1] = address(r)
    if r:left() >= 20 then
      info[#info + 1] = "probe for node " .. r:add(f.node, 4):uint()
      r:add(f.nonce, 16)
    end
    r:rest(f.trailing)
  end,
  [0x03] = function(r, info)
    info[#info + 1] = r:add(f.requester, 4):uint() .. " → " .. r:add(f.target, 4):uint()
    if r:left() >= 72 then
      r:add(f.expiry, 8)
      r:add(f.signature, 64)
      info[#info + 1] = "with a grant"
    end
    r:rest(f.trailing)
  end,
  [0x04] = function(r, info)
    info[#info + 1] = address(r)
    r:rest(f.trailing)
  end,
  [0x05] = function(r, info)
    info[#info + 1] = r:add(f.sender, 4):uint() .. " → " .. r:add(f.destination, 4):uint()
    payload(r, info)
  end,
  [0x06] = function(r, info)
    info[#info + 1] = "from " .. r:add(f.sender, 4):uint()
    payload(r, info)
  end,
  [0x07] = function(r, info)
    info[#info + 1] = "beacon " .. r:add(f.beacon, 4):uint()
    local count = r:add(f.count, 2):uint()
    info[#info + 1] = count .. " nodes"
    for _ = 1, count do r:add(f.node, 4) end
    r:rest(f.trailing)
  end,
  [0x09] = function(r, info)
    info[#info + 1] = r:add(f.sender, 4):uint() .. " → " .. r:add(f.destination, 4):uint()
    payload(r, info)
  end,
  [0x0A] = function(r, info)
    info[#info + 1] = "kind " .. r:add(f.kind, 1):uint()
    r:rest(f.trailing)
  end,
  [0x0B] = function(r, info)
    info[#info + 1] = "node " .. r:add(f.node, 4):uint()
    r:add(f.stamp, 8)
    r:add(f.token, 16)
    r:rest(f.trailing)
  end,
  [0x0C] = function(r, info)
    info[#info + 1] = "node " .. r:add(f.node, 4):uint()
    r:add(f.stamp, 8)
    r:add(f.token, 16)
    r:add(f.signature, 64)
    local port = r:add(f.port, 2):uint()
    local length = r:take(1):uint()
    if length > 0 then info[#info + 1] = "to " .. r:add(f.host, length):string() .. ":" .. port end
    r:rest(f.trailing)
  end,
  [0x0D] = function(r, info)
    info[#info + 1] = "node " .. r:add(f.destination, 4):uint()
    info[#info + 1] = r:add(f.reason, 1):uint() == 2 and "has just gone" or "not attached"
    r:rest(f.trailing)
  end,
  [0x0E] = function(r, info)
    info[#info + 1] = "node " .. r:add(f.node, 4):uint()
    local from = r:add(f.from_ms, 4):uint()
    info[#info + 1] = "back in " .. from .. " to " .. r:add(f.until_ms, 4):uint() .. " ms"
    r:rest(f.trailing)
  end,
  [0x0F] = function(r, info)
    info[#info + 1] = "by beacon " .. r:add(f.beacon, 4):uint()
    r:add(f.session, 4)
    r:add(f.counter, 8)
    r:add(f.tag, 16)
    r:take(1)
    info[#info + 1] = r:add(f.sender, 4):uint() .. " → " .. r:add(f.destination, 4):uint()
    payload(r, info)
  end,
}
messages[0x08] = messages[0x01]

local function dissect(tvb, tree, info)
  local r = reader(tvb, tree)
  local first = tvb:range(0, 1):uint()
  if first >= 0x10 then return tunnel(r, info) end
  r:add(f.type, 1)
  info[#info + 1] = types[first] or string.format("type 0x%02X", first)
  local message = messages[first]
  if message then return message(r, info) end
  tree:add_proto_expert_info(unknown)
  r:rest(f.payload)
end

function pilot.dissector(tvb, pinfo, root)
  pinfo.cols.protocol = "Pilot"
  local tree = root:add(pilot, tvb())
  if tvb:len() == 0 then
    pinfo.cols.info = "empty frame"
    return 0
  end
  local info = {}
  local done, problem = pcall(dissect, tvb, tree, info)
  if not done then
    if type(problem) ~= "table" then error(problem, 0) end
    tree:add_proto_expert_info(short)
    info[#info + 1] = "[cut off]"
  end
  local text = table.concat(info, ", "):gsub("^([^,]*), ", "%1: ", 1)
  pinfo.cols.info = text
  tree:append_text(", " .. text)
  return tvb:len()
end

-- As long as each type is, at least: two bytes more of evidence than the first one.
local shortest = { 5, 8, 9, 8, 9, 5, 7, 5, 9, 2, 29, 96 }

pilot:register_heuristic("udp", function(tvb, pinfo, tree)
  if tvb:len() < 4 then return false end
  local first = tvb:range(0, 1):uint()
  local minimum = shortest[first]
  local is_message = minimum ~= nil and tvb:len() >= minimum
  local is_address = first == 2 or first == 4
  if is_address and is_message then
    local length = tvb:range(1, 1):uint()
    is_message = (length == 4 or length == 16) and tvb:len() >= 4 + length
  end
  if not is_message and not magics[tvb:range(0, 4):string()] then return false end
  pilot.dissector(tvb, pinfo, tree)
  return true
end)

local ports = ""
function pilot.prefs_changed()
  local udp = DissectorTable.get("udp.port")
  if ports ~= pilot.prefs.ports then
    if ports ~= "" then udp:remove(ports, pilot) end
    ports = pilot.prefs.ports
    if ports ~= "" then udp:add(ports, pilot) end
  end
end
DissectorTable.get("udp.port"):add_for_decode_as(pilot)
