import PilotWire

/// A message with a piece of the table.
enum TablePiece: Equatable, Sendable {
  /// So many records of a kind at most are in one message.
  static let limit = 1_000
  private static let localLength = 20
  private static let absentLength = 5
  private static let peerLength = 8 + PeerLinkMessage.Peer.length

  /// This machine's addresses that nodes write to, at port 0: those behind the ones that are known.
  case locals([Endpoint])
  case registered([RegistrationRecord])
  case absent([(node: NodeID, hasProven: Bool)])
  /// Who is connected to the old beacon over WebSocket.
  case peers([(connection: UInt64, peer: PeerLinkMessage.Peer)])

  static func == (left: TablePiece, right: TablePiece) -> Bool {
    switch (left, right) {
    case (.locals(let left), .locals(let right)): left == right
    case (.registered(let left), .registered(let right)): left == right
    case (.absent(let left), .absent(let right)): left.elementsEqual(right, by: ==)
    case (.peers(let left), .peers(let right)): left.elementsEqual(right, by: ==)
    default: false
    }
  }

  var count: Int {
    switch self {
    case .locals(let locals): locals.count
    case .registered(let records): records.count
    case .absent(let nodes): nodes.count
    case .peers(let peers): peers.count
    }
  }

  /// Reads a whole message.
  ///
  /// - Parameters:
  ///   - locals: How many addresses of this machine are known before it.
  ///   - now: The present.
  init(parsing bytes: RawSpan, locals: Int, now: UInt64) throws(HandoverError) {
    var reader = ByteReader(bytes)
    let kind = TakeoverMessage.Kind(rawValue: try reader.next())
    let rest = bytes.extracting(droppingFirst: 1)
    func count(of length: Int) throws(HandoverError) -> Int {
      guard rest.byteCount % length == 0 else { throw .truncated }
      guard rest.byteCount / length <= Self.limit else { throw .message }
      return rest.byteCount / length
    }
    switch kind {
    case .locals:
      var addresses: [Endpoint] = []
      for _ in 0..<(try count(of: Self.localLength)) {
        let (high, low, zone) = (
          try reader.next(UInt64.self), try reader.next(UInt64.self), try reader.next(UInt32.self)
        )
        let address = Endpoint(high: high, low: low, scope: zone, port: 0)
        guard address.scope == zone else { throw .record }
        addresses.append(address)
      }
      guard locals + addresses.count <= UInt8.max else { throw .record }
      self = .locals(addresses)
    case .registered:
      let count = try count(of: RegistrationRecord.length)
      var records: [RegistrationRecord] = []
      records.reserveCapacity(count)
      for index in 0..<count {
        let start = index * RegistrationRecord.length
        records.append(
          try RegistrationRecord(
            parsing: rest.extracting(start..<start + RegistrationRecord.length), locals: locals, now: now))
      }
      self = .registered(records)
    case .absent:
      var nodes: [(NodeID, Bool)] = []
      for _ in 0..<(try count(of: Self.absentLength)) {
        guard let node = NodeID(try reader.next(UInt32.self)) else { throw .record }
        let flag = try reader.next(UInt8.self)
        guard flag <= 1 else { throw .record }
        nodes.append((node, flag == 1))
      }
      self = .absent(nodes)
    case .peers:
      var peers: [(UInt64, PeerLinkMessage.Peer)] = []
      for index in 0..<(try count(of: Self.peerLength)) {
        let start = index * Self.peerLength
        let connection = rest.bigEndian(at: start, as: UInt64.self)
        guard connection < ConnectionID.firstAtPredecessor else { throw .record }
        let peer = rest.extracting(start + 8..<start + Self.peerLength)
        peers.append((connection, try PeerLinkMessage.Peer(parsing: peer)))
      }
      self = .peers(peers)
    default: throw .message
    }
  }

  func encoded() -> [UInt8] {
    switch self {
    case .locals(let locals):
      var writer = ByteWriter()
      writer.append(TakeoverMessage.Kind.locals.rawValue)
      for address in locals {
        writer.append(address.high)
        writer.append(address.low)
        writer.append(address.scope)
      }
      return writer.bytes
    case .registered(let records):
      let length = 1 + records.count * RegistrationRecord.length
      return [UInt8](rawCapacity: length) { output in
        output.append(TakeoverMessage.Kind.registered.rawValue)
        for record in records { record.append(to: &output) }
      }
    case .absent(let nodes):
      var writer = ByteWriter()
      writer.append(TakeoverMessage.Kind.absent.rawValue)
      for (node, hasProven) in nodes {
        writer.append(node.rawValue)
        writer.append(UInt8(hasProven ? 1 : 0))
      }
      return writer.bytes
    case .peers(let peers):
      var writer = ByteWriter()
      writer.append(TakeoverMessage.Kind.peers.rawValue)
      for (connection, peer) in peers {
        writer.append(connection)
        writer.append(peer.encoded)
      }
      return writer.bytes
    }
  }
}
