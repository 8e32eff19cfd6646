import PilotConsole
internal import PilotWire

/// Beacon messages as JSON.
enum BeaconDescription {
  static func of(_ frame: RawSpan) throws(WireError) -> JSONValue {
    let message = try BeaconMessage(parsing: frame)
    let kind = name(of: message.type)
    return switch message {
    case .discover(let message):
      discover(kind, message.node, message.publicKey, frame, message.encodedLength)
    case .discoverReply(let message): endpoint(kind, message.endpoint, frame, message.encodedLength)
    case .punchCommand(let message): endpoint(kind, message.endpoint, frame, message.encodedLength)
    case .punchRequest(let message): request(kind, message, frame)
    case .relay(let message): relayed(kind, message.sender, message.destination, message.payload)
    case .relayDeliverDest(let message): relayed(kind, message.sender, message.destination, message.payload)
    case .relayDeliver(let message): relayed(kind, message.sender, nil, message.payload)
    case .sync(let message): sync(kind, message, frame)
    case .notify(let message):
      json(kind, ["notice": .int(message.kind)], FrameDescription.ignored(frame, behind: message.encodedLength))
    case .discoverChallenge(let message): challenge(kind, message, frame)
    case .discoverProof(let message): proof(kind, message, frame)
    case .gone(let message): gone(kind, message, frame)
    case .drain(let message): drain(kind, message, frame)
    case .clusterRelay(let message): try passedOn(kind, message)
    }
  }

  /// The type's name as in the wire reference, in snake case.
  private static func name(of type: BeaconMessageType) -> String {
    switch type {
    case .discover: "discover"
    case .discoverReply: "discover_reply"
    case .punchRequest: "punch_request"
    case .punchCommand: "punch_command"
    case .relay: "relay"
    case .relayDeliver: "relay_deliver"
    case .sync: "sync"
    case .discoverEx: "discover_ex"
    case .relayDeliverDest: "relay_deliver_dest"
    case .notify: "notify"
    case .discoverChallenge: "discover_challenge"
    case .discoverProof: "discover_proof"
    case .gone: "gone"
    case .drain: "drain"
    case .clusterRelay: "cluster_relay"
    }
  }

  private static func json(
    _ kind: String, _ members: KeyValuePairs<String, JSONValue?>, _ more: [JSONValue.Member] = []
  ) -> JSONValue {
    .object(
      [.init(name: "kind", value: .string(kind))]
        + members.compactMap { name, value in value.map { .init(name: name, value: $0) } } + more)
  }

  private static func discover(
    _ kind: String, _ node: NodeID?, _ key: PublicKey?, _ frame: RawSpan, _ length: Int
  ) -> JSONValue {
    json(
      kind, ["node_id": .int(node?.rawValue ?? 0), "public_key": key.map { .string($0.base64) }],
      FrameDescription.ignored(frame, behind: length))
  }

  private static func endpoint(_ kind: String, _ endpoint: Endpoint, _ frame: RawSpan, _ length: Int) -> JSONValue {
    json(
      kind, ["address": .string(endpoint.addressText), "port": .int(endpoint.port)],
      FrameDescription.ignored(frame, behind: length))
  }

  private static func request(_ kind: String, _ request: PunchRequest, _ frame: RawSpan) -> JSONValue {
    let grant = request.grant.map { grant -> JSONValue in
      let text = PunchGrant.signedText(requester: request.requester, target: request.target, expiry: grant.expiry)
      return [
        "expiry": .int(grant.expiry), "signature": .string(grant.signature.base64), "signed_text": .string(text),
      ]
    }
    return json(
      kind,
      ["requester": .int(request.requester.rawValue), "target": .int(request.target.rawValue), "grant": grant],
      FrameDescription.ignored(frame, behind: request.encodedLength))
  }

  private static func relayed(
    _ kind: String, _ sender: NodeID, _ destination: NodeID?, _ payload: RawSpan
  ) -> JSONValue {
    json(
      kind, ["sender": .int(sender.rawValue), "destination": destination.map { .int($0.rawValue) }],
      FrameDescription.payload(payload))
  }

  private static func sync(_ kind: String, _ sync: Sync, _ frame: RawSpan) -> JSONValue {
    var nodes: [JSONValue] = []
    sync.forEach { node in nodes.append(.int(node.rawValue)) }
    return json(
      kind, ["beacon_id": .int(sync.beaconID), "node_ids": .array(nodes)],
      FrameDescription.ignored(frame, behind: Sync.headerLength + 4 * sync.listedCount))
  }

  private static func challenge(_ kind: String, _ challenge: DiscoverChallenge, _ frame: RawSpan) -> JSONValue {
    json(
      kind, members(of: challenge),
      FrameDescription.ignored(frame, behind: challenge.encodedLength))
  }

  private static func proof(_ kind: String, _ proof: DiscoverProof, _ frame: RawSpan) -> JSONValue {
    let more: [JSONValue.Member] = [
      .init(name: "signature", value: .string(proof.signature.base64)),
      .init(name: "beacon", value: .string(proof.beacon.description)),
      .init(name: "signed_text", value: .string(proof.challenge.signedText(naming: proof.beacon))),
    ]
    return json(
      kind, members(of: proof.challenge),
      more + FrameDescription.ignored(frame, behind: proof.encodedLength))
  }

  private static func gone(_ kind: String, _ gone: Gone, _ frame: RawSpan) -> JSONValue {
    json(
      kind, ["destination": .int(gone.destination.rawValue), "reason": .int(gone.reason.rawValue)],
      FrameDescription.ignored(frame, behind: gone.encodedLength))
  }

  private static func drain(_ kind: String, _ drain: Drain, _ frame: RawSpan) -> JSONValue {
    json(
      kind,
      [
        "node_id": .int(drain.node.rawValue), "from_ms": .int(drain.comeBack.from),
        "until_ms": .int(drain.comeBack.until),
      ],
      FrameDescription.ignored(frame, behind: drain.encodedLength))
  }

  /// What it says; nobody but the beacon that it is for can tell whether it is true.
  private static func passedOn(_ kind: String, _ message: borrowing ClusterRelay) throws(WireError) -> JSONValue {
    let relay = try Relay(parsing: message.relay)
    return json(
      kind,
      [
        "beacon_id": .int(message.beaconID), "session": .int(message.session), "lane": .int(message.counter >> 48),
        "counter": .int(message.counter & 0xFFFF_FFFF_FFFF), "tag": .string(message.tag.hex),
        "sender": .int(relay.sender.rawValue), "destination": .int(relay.destination.rawValue),
      ], FrameDescription.payload(relay.payload))
  }

  private static func members(of challenge: DiscoverChallenge) -> KeyValuePairs<String, JSONValue?> {
    [
      "node_id": .int(challenge.node.rawValue), "timestamp": .int(challenge.stamp.rawValue),
      "token": .string(challenge.token.hex),
    ]
  }
}
